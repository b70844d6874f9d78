import { useSyncExternalStore } from "react";

type Theme = "light" | "dark";

const key = "persona-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

/** What a person has chosen here, or what the system says. */
function currentTheme(): Theme {
  const chosen = kept();
  if (chosen === "light" || chosen === "dark") return chosen;
  return dark.matches ? "dark" : "light";
}

export function applyTheme(): void {
  document.documentElement.dataset["theme"] = currentTheme();
  for (const listener of listeners) listener();
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // A browser that keeps nothing: it counts until the page is closed.
    document.documentElement.dataset["chosen"] = theme;
  }
  applyTheme();
}

export function useTheme(): Theme {
  return useSyncExternalStore((onChange) => {
    listeners.add(onChange);
    dark.addEventListener("change", applyTheme);
    return () => {
      listeners.delete(onChange);
      dark.removeEventListener("change", applyTheme);
    };
  }, currentTheme);
}

function kept(): string | null | undefined {
  try {
    return localStorage.getItem(key);
  } catch {
    return document.documentElement.dataset["chosen"];
  }
}
