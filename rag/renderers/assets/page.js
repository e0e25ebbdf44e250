"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const folds = (open) => all("details").forEach((fold) => { fold.open = open; });
  const isDark = () => (document.documentElement.dataset.theme
    || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const actions = {
    open: () => folds(true),
    close: () => folds(false),
    theme: () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; },
    print: () => window.print(),
    shut: () => dialog.close(),
    previous: () => step(-1),
    next: () => step(1),
  };
  const dialog = document.getElementById("passage");
  const sources = all("ol.sources > li");
  let shown = 0;

  // The passage is the one of the list at the end, copied: one text, one place that escapes it.
  const show = (place) => {
    if (!sources[place]) return;
    shown = place;
    document.getElementById("passage-number").textContent = sources[place].value;
    document.getElementById("passage-text").replaceChildren(...[...sources[place].cloneNode(true).childNodes]);
    if (!dialog.open) dialog.showModal();
  };
  const step = (by) => show((shown + by + sources.length) % sources.length);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) actions[button.dataset.do]();
    const cite = event.target.closest("a.cite");
    if (!cite || !dialog) return;
    event.preventDefault();
    show(sources.findIndex((source) => "#" + source.id === cite.getAttribute("href")));
  });
  if (dialog) dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });

  let before = [];
  window.addEventListener("beforeprint", () => { before = all("details:not([open])"); folds(true); });
  window.addEventListener("afterprint", () => before.forEach((fold) => { fold.open = false; }));
  all(".tools").forEach((tools) => { tools.hidden = false; });
})();
