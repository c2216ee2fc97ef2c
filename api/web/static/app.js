// All of Homecoming's own script. Every page works without it: it only asks the server sooner.
// A form with data-live sends itself there while it changes; a button with data-swap does so on a click; an element with
// data-poll asks for the page again. Each answer is a page, of which the elements named by data-into are exchanged.
(() => {
  const ask = async (url, into, options) => {
    const answer = await fetch(url, { headers: { "X-Fragment": "1" }, credentials: "same-origin", ...options });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of into.split(" ")) {
      const fresh = page.getElementById(id), old = document.getElementById(id);
      if (!fresh || !old) continue;
      // What is inside is exchanged, and the element stays: what it tells is read out.
      for (const a of [...old.attributes]) if (!fresh.hasAttribute(a.name)) old.removeAttribute(a.name);
      for (const a of fresh.attributes) old.setAttribute(a.name, a.value);
      old.replaceChildren(...fresh.childNodes);
    }
    start();
  };
  const send = (form, url, into, button) => {
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    form.sending?.abort();
    form.sending = new AbortController();
    return ask(url, into, { method: "POST", body: new URLSearchParams(data), signal: form.sending.signal }).catch(() => {});
  };
  let waiting;
  document.addEventListener("input", (e) => {
    const form = e.target.form;
    if (!form?.dataset.live) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => send(form, form.dataset.live, form.dataset.into), 350);
  });
  document.addEventListener("click", (e) => {
    const button = e.target.closest("button[data-swap]");
    if (button?.form) {
      e.preventDefault();
      const into = button.dataset.into.split(" ")[0];
      send(button.form, button.dataset.swap, button.dataset.into, button).then(() => {
        if (document.activeElement === document.body) document.getElementById(into)?.querySelector("button, input")?.focus();
      });
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(e.target)) menu.open = false;
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  });
  // A second click on a button that is already working would only be refused: hold it back.
  document.addEventListener("submit", (e) => {
    if (e.target.dataset.sent) e.preventDefault();
    else if (e.target.method === "post") e.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));
  const start = () => {
    const live = document.querySelector("[data-poll]");
    if (live) setTimeout(() => ask(location.href, live.id).catch(() => setTimeout(start, 3000)), +live.dataset.poll);
  };
  document.querySelector(".faults")?.focus();
  start();
})();
