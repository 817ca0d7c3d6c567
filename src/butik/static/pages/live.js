// The live line of a page: events say what is new, the page fetches what it may see. Nothing is polled.
(() => {
  const line = document.querySelector("[data-stream]");
  if (!line) return;
  const TOPICS = ["sales", "prices", "staff", "enrolment", "revoked", "errors", "status", "import", "backups", "order", "ready", "emergency", "recovery", "approval"];
  let cursor = line.dataset.cursor;
  let wait = 1000;

  let isOpen = false;
  const say = (state) => {
    isOpen = state === "open";
    document.documentElement.toggleAttribute("data-cut", state === "cut");
    for (const element of line.querySelectorAll("[data-stream-state]")) element.hidden = element.dataset.streamState !== state;
  };

  // A store that sells fast is looked at once a second, not once a sale.
  const looked = new Map();
  const look = (id) => {
    looked.set(id, { at: Date.now(), waits: false });
    document.getElementById(id)?.dispatchEvent(new CustomEvent("butik:refresh"));
  };
  const lookSoon = (id) => {
    const last = looked.get(id);
    const pause = last ? last.at + 1000 - Date.now() : 0;
    if (pause <= 0) look(id);
    else if (!last.waits) {
      last.waits = true;
      setTimeout(look, pause, id);
    }
  };

  const refresh = (topic, store) => {
    for (const element of document.querySelectorAll("[data-live]")) {
      const wanted = topic === null || element.dataset.live.split(" ").includes(topic);
      const mine = !element.dataset.liveStore || !store || element.dataset.liveStore === store;
      if (wanted && mine) lookSoon(element.id);
    }
  };

  const hear = (event) => {
    cursor = event.lastEventId || cursor;
    let said = {};
    try {
      said = JSON.parse(event.data);
    } catch {
      // an event that is not for this page
    }
    refresh(event.type, said.store);
  };

  // The service says something every 5 s. When nothing comes, the line is cut, whatever the browser believes: a router
  // that forgot us, a proxy that keeps all for itself, a service that no longer sees what happens.
  const SILENCE = 12000;
  let source = null;
  let silence = 0;
  const stillThere = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      source.close();
      say("cut");
      openLater();
    }, SILENCE);
  };
  const openLater = () => {
    clearTimeout(silence);
    silence = setTimeout(open, wait * (0.75 + Math.random() / 2)); // not all pages at once
    wait = Math.min(wait * 2, 15000);
  };
  const close = () => {
    clearTimeout(silence);
    source?.close();
  };

  const open = () => {
    const address = new URL(line.dataset.stream, location.href);
    address.searchParams.set("after", cursor);
    source = new EventSource(address);
    stillThere();
    // An answer alone proves nothing: a proxy may keep what follows. The first ping comes with it.
    const live = (event) => {
      cursor = event.lastEventId || cursor;
      stillThere();
      if (isOpen) return;
      wait = 1000;
      const wasCut = document.documentElement.hasAttribute("data-cut");
      say("open");
      if (wasCut) refresh(null, ""); // what had turned grey meanwhile is looked at again
    };
    source.addEventListener("ping", live);
    for (const topic of TOPICS) {
      source.addEventListener(topic, (event) => {
        live(event);
        hear(event);
      });
    }
    // So much has happened, or may now be seen, that the page had better look at everything.
    source.addEventListener("reset", (event) => {
      live(event);
      refresh(null, "");
    });
    // Another page of the same person has the line now: this one comes back when somebody looks at it.
    source.addEventListener("elsewhere", () => {
      close();
      say("cut");
      const again = () => {
        if (document.hidden) return;
        document.removeEventListener("visibilitychange", again);
        setTimeout(open, 1000);
      };
      if (document.hidden) document.addEventListener("visibilitychange", again);
      else setTimeout(open, 20000 + Math.random() * 10000); // several are looked at, side by side: in turns
    });
    source.addEventListener("closed", () => {
      close();
      say("closed");
    });
    source.onerror = () => {
      say("cut"); // the browser itself tries again, from the last cursor
      // unless it was refused, which the browser takes for final; a service that restarts refuses for a while
      if (source.readyState === EventSource.CLOSED) openLater();
    };
  };
  addEventListener("pagehide", close);

  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  // A row that has turned grey changes what the first line says.
  document.addEventListener("butik:stale", () => {
    if (isOpen) refresh("status", "");
  });

  // The last line adds up what stands above it.
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const money = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const addUp = () => {
    for (const sum of document.querySelectorAll("[data-sum]")) {
      const parts = [...document.querySelectorAll(`[data-part="${sum.dataset.sum}"]`)];
      const total = parts.reduce((soFar, part) => soFar + Number(part.dataset.amount), 0);
      sum.textContent = sum.dataset.sum === "revenue" ? money.format(total / 100) : String(total);
    }
  };

  // What has moved is shown for a moment.
  const before = new Map();
  const figures = (root) => root.querySelectorAll("[data-figure]");
  const key = (element) => element.closest("[id]")?.id ?? "";
  for (const element of figures(document)) before.set(key(element), element.textContent);
  document.addEventListener("htmx:load", (event) => {
    addUp();
    for (const element of figures(event.target)) {
      if (before.has(key(element)) && before.get(key(element)) !== element.textContent) element.classList.add("moved");
      before.set(key(element), element.textContent);
    }
  });
  open();
})();
