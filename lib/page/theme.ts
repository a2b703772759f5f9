/** Dark or light: the system's choice unless the user made one. `styles/tokens.css` does the rest. */
import { useEffect, useState } from "preact/hooks";
import type { KeyValueStore } from "../sdk/mod.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

export interface ThemeControl {
  theme: Theme;
  isDark: boolean;
  setTheme: (theme: Theme) => void;
}

const THEME_KEY = "notifyli.theme";

/** Puts the remembered choice on the page, before anything is drawn. */
export function applyTheme(store: KeyValueStore): void {
  show(loadTheme(store));
}

export function useTheme(store: KeyValueStore): ThemeControl {
  const [theme, setTheme] = useState(() => loadTheme(store));
  const [isSystemDark, setSystemDark] = useState(false);

  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setSystemDark(query.matches);
    follow();
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);

  return {
    theme,
    isDark: theme === "system" ? isSystemDark : theme === "dark",
    setTheme(next) {
      setTheme(next);
      show(next);
      store.setItem(THEME_KEY, next);
    },
  };
}

function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function loadTheme(store: KeyValueStore): Theme {
  const saved = store.getItem(THEME_KEY);
  return THEMES.find((theme) => theme === saved) ?? "system";
}
