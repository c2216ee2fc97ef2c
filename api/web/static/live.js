// News while a page is in sight: how much is unread, and a conversation or the list of them when something was written. Every
// page works without it. The stream ends while the page is out of sight, and comes back by itself.
(() => {
  let source, waiting;
  const show = (e) => {
    const unread = JSON.parse(e.data);
    for (const el of document.querySelectorAll("[data-unread]")) {
      const n = unread[el.dataset.unread] || 0;
      el.textContent = n > 99 ? "99+" : n;
      el.hidden = n === 0;
    }
    const news = document.getElementById("news");
    if (news && +news.dataset.count !== unread.notices && !location.search) renew(news);
    for (const el of document.querySelectorAll("[data-unread-word]")) el.hidden = !unread[el.dataset.unreadWord];
  };
  // The part is asked for as this page has it, so that its reader sees what they may and nothing else.
  const renew = async (old) => {
    const answer = await fetch(location.href, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(old.id);
    if (!fresh) return;
    const log = old.querySelector("[role=log]"), newer = fresh.querySelector("[role=log]");
    if (log && newer) { // what is there stays, so that only what is new is read out
      const known = new Set([...log.children].map((li) => li.id));
      for (const li of [...newer.children]) if (known.has(li.id)) log.querySelector("#" + li.id).innerHTML = li.innerHTML; else log.append(li);
    } else old.replaceChildren(...fresh.childNodes);
    for (const a of fresh.attributes) old.setAttribute(a.name, a.value);
  };
  const changed = (e) => {
    const thread = JSON.parse(e.data), talk = document.getElementById("talk"), inbox = document.getElementById("inbox");
    if (talk && talk.dataset.thread === thread.thread_id && +talk.dataset.messages < thread.messages && !location.search) renew(talk);
    if (inbox) renew(inbox);
  };
  const anything = () => {
    for (const id of ["talk", "inbox", "news"]) if (document.getElementById(id)) renew(document.getElementById(id));
  };
  const close = () => {
    clearTimeout(waiting);
    source?.close();
    source = undefined;
  };
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource("/api/v1/live");
    source.addEventListener("unread", show);
    source.addEventListener("thread", changed);
    source.addEventListener("anything", anything);
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      close();
      waiting = setTimeout(open, 30000);
    };
  };
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
})();
