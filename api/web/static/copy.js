// Copies what a reader carries to their bank. Where no script runs, the buttons are not shown.
document.addEventListener("click", async (e) => {
  const button = e.target.closest("button[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    getSelection().selectAllChildren(button.parentElement.previousElementSibling); // to be copied by hand
    return;
  }
  const says = button.firstElementChild, was = says.textContent;
  if (was === button.dataset.done) return; // it still says so
  says.textContent = button.dataset.done;
  setTimeout(() => { says.textContent = was; }, 2000);
});
