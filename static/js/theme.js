// Runs before the first paint: sets the theme chosen on this device, or the system's.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      const theme = localStorage.getItem("theme");
      return ["light", "dark"].includes(theme) ? theme : null; // The admin also keeps "auto" there.
    } catch {
      return null; // Storage is switched off: the system decides.
    }
  };

  const apply = () => {
    const theme = chosen() ?? (system.matches ? "dark" : "light");
    document.documentElement.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("theme:changed", { detail: theme }));
  };

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("theme:chosen", apply);
})();
