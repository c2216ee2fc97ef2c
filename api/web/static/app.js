// All of our own script; every page works without it. A form with data-live sends itself there while it changes, a button
// with data-swap on a click; an element with data-poll asks again. Of the answer, the elements of data-into are exchanged.
(() => {
  const ask = async (url, into, options) => {
    const answer = await fetch(url, { headers: { "X-Fragment": "1" }, credentials: "same-origin", ...options });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of into.split(" ")) {
      const fresh = page.getElementById(id), old = document.getElementById(id);
      if (fresh && old) exchange(old, fresh);
    }
    start();
  };
  // The element stays, to be read out; so do the focus and what is folded out.
  const exchange = (old, fresh) => {
    for (const a of [...old.attributes]) if (!fresh.hasAttribute(a.name)) old.removeAttribute(a.name);
    for (const a of fresh.attributes) old.setAttribute(a.name, a.value);
    const folds = fresh.querySelectorAll("details");
    old.querySelectorAll("details").forEach((d, i) => folds[i] && (folds[i].open ||= d.open));
    if (old.innerHTML === fresh.innerHTML) return;
    const held = old.contains(document.activeElement) && document.activeElement;
    old.replaceChildren(...fresh.childNodes);
    held && [...old.querySelectorAll(held.tagName)].find((e) => e.name === held.name && e.value === held.value)?.focus();
  };
  const send = (form, url, into, button) => {
    const data = new FormData(form);
    if (button?.name) data.append(button.name, button.value);
    form.sending?.abort();
    form.sending = new AbortController();
    form.ariaBusy = true;
    return ask(url, into, { method: "POST", body: new URLSearchParams(data), signal: form.sending.signal }).then(() => { form.ariaBusy = null; }, () => {});
  };
  const shut = (but) => document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(but) || (menu.open = false));
  let waiting;
  document.addEventListener("input", (e) => {
    const form = e.target.form;
    if (!form?.dataset.live) return;
    clearTimeout(waiting);
    form.sending?.abort();
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
    shut(e.target);
  });
  document.addEventListener("keydown", (e) => e.key === "Escape" && shut(null));
  // A second click on a button at work would only be refused: hold it back.
  document.addEventListener("submit", (e) => {
    if (e.target.dataset.sent) e.preventDefault();
    else if (e.target.method === "post") e.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));
  const start = () => {
    const live = document.querySelector("[data-poll]");
    if (live) setTimeout(() => ask(location.href, live.id).catch(() => setTimeout(start, 3000)), +live.dataset.poll);
  };
  document.querySelector("nav.main [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  document.querySelector(".faults")?.focus();
  start();
})();
