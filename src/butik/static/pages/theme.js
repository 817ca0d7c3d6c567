// Runs before anything is painted: the person's choice, else the system's.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => {
    try {
      return localStorage.getItem("butik-theme") || "auto";
    } catch {
      return "auto"; // storage is forbidden: the system decides
    }
  };
  const show = () => {
    const chosen = choice();
    document.documentElement.dataset.bsTheme = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    }
    document.dispatchEvent(new CustomEvent("butik:theme"));
  };
  show();
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem("butik-theme", button.dataset.themeChoice);
    } catch {
      return;
    }
    show();
  });
})();
