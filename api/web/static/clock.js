// When an event is by the reader's own clock, where that is another than the event's.
for (const e of document.querySelectorAll("[data-here]")) {
  const here = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const zone = here.resolvedOptions().timeZone;
  if (zone === e.dataset.zone) continue;
  e.append(` ${here.format(new Date(e.dataset.here))} (${zone})`);
  e.hidden = false;
}
