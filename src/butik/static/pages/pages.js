// What every page does by itself: times in the person's own zone, ages that age, freshness that ends, `/` to the filter.
(() => {
  const language = document.documentElement.lang;
  // Clocks lie: ages are counted from the service's time, not from this machine's.
  const offset = Date.parse(document.documentElement.dataset.now) - Date.now();
  const serviceNow = () => Date.now() + offset;
  const words = JSON.parse(document.getElementById("age-words").textContent);

  const sayAge = (seconds) => {
    for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
      if (seconds >= length) return words[unit].replace("#", Math.floor(seconds / length));
    }
    return seconds >= 10 ? words.s.replace("#", Math.floor(seconds)) : words.now;
  };
  const locale = language === "en" ? "en-GB" : language;
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const dayAndTime = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const yearToo = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" });

  const sayMoment = (moment) => {
    const now = new Date(serviceNow());
    if (moment.toDateString() === now.toDateString()) return time.format(moment);
    return (moment.getFullYear() === now.getFullYear() ? dayAndTime : yearToo).format(moment);
  };
  const localise = (root) => {
    for (const element of root.querySelectorAll("time[data-moment], time[data-age]")) {
      const moment = new Date(element.dateTime);
      element.title = exact.format(moment);
      if ("moment" in element.dataset) element.textContent = sayMoment(moment);
    }
  };
  const grow = () => {
    const now = serviceNow();
    for (const element of document.querySelectorAll("time[data-age]")) {
      const said = sayAge((now - Date.parse(element.dateTime)) / 1000);
      if (element.textContent !== said) element.textContent = said;
    }
    for (const element of document.querySelectorAll("[data-fresh-until]")) {
      if (now < Date.parse(element.dataset.freshUntil)) continue;
      element.className = "state state-unknown";
      element.querySelector("i").textContent = "○";
      element.querySelector("span").textContent = element.dataset.staleWord;
      element.removeAttribute("data-fresh-until");
      element.dispatchEvent(new CustomEvent("butik:stale", { bubbles: true }));
    }
  };

  const runOut = () => {
    for (const element of document.querySelectorAll("[data-ends]")) {
      const left = Math.ceil((Date.parse(element.dataset.ends) - serviceNow()) / 1000);
      const shown = element.querySelector("[data-left]");
      if (shown) shown.textContent = `${Math.floor(Math.max(left, 0) / 60)}:${String(Math.max(left, 0) % 60).padStart(2, "0")}`;
      if (left > 0) continue;
      element.removeAttribute("data-ends");
      element.dispatchEvent(new CustomEvent("butik:ended"));
    }
  };

  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  document.addEventListener("keydown", (event) => {
    const filter = document.querySelector("[data-filter] input:not([type=hidden]), [data-filter] select");
    if (event.key === "/" && filter && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      filter.focus();
      filter.select?.();
    }
  });

  // The row is the link: a click anywhere in it follows the link it holds.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-row-link]");
    if (!row || event.target.closest("a, button, input, label, summary") || getSelection().toString()) return;
    row.querySelector("a").click();
  });

  // A filter answers when a choice is made; typed words wait for Enter.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form && event.target.matches("select, [type=date], [type=radio]") && !form.querySelector(":invalid")) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    // Empty fields do not belong in an address that is sent to a colleague.
    if (!event.target.matches("form[data-filter]")) return;
    for (const field of event.target.elements) if (!field.value) field.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form[data-filter] :disabled")) field.disabled = false;
  });

  // Unsaved changes are not lost by a slip.
  let unsaved = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-keep]")) unsaved = true;
  });
  document.addEventListener("submit", () => {
    unsaved = false;
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });

  // A dangerous act is confirmed by typing: the button wakes when the word is right.
  document.addEventListener("input", (event) => {
    const expected = event.target.dataset?.confirm;
    if (expected === undefined) return;
    event.target.form.querySelector("[type=submit]").disabled = event.target.value.trim() !== expected;
  });

  document.addEventListener("htmx:load", (event) => {
    localise(event.target);
    grow();
  });
  // Escape closes what a hover or the keyboard has opened.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const more of document.querySelectorAll(".more:hover, .more:focus-within")) more.classList.add("closed");
  });
  for (const name of ["mouseout", "focusout"]) {
    document.addEventListener(name, (event) => event.target.closest?.(".more.closed")?.classList.remove("closed"));
  }

  localise(document);
  grow();
  runOut();
  setInterval(() => {
    grow();
    runOut();
  }, 1000);
})();
