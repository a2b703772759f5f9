/** Chooses between the system's theme, light and dark. */
import { type Theme, type ThemeControl, THEMES } from "../../theme.ts";
import { Icon, type IconName } from "./Icon.tsx";

const FACES: Record<Theme, { label: string; icon: IconName }> = {
  system: { label: "System", icon: "system" },
  light: { label: "Light", icon: "sun" },
  dark: { label: "Dark", icon: "moon" },
};

export function ThemeSwitch({ theme, setTheme }: ThemeControl) {
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Theme</legend>
      {THEMES.map((each) => (
        <label key={each} class="segment">
          <input
            class="visually-hidden"
            type="radio"
            name="theme"
            checked={each === theme}
            onChange={() => setTheme(each)}
          />
          <Icon name={FACES[each].icon} />
          {FACES[each].label}
        </label>
      ))}
    </fieldset>
  );
}

/** One button in the top bar for the common wish. */
export function ThemeButton({ isDark, setTheme }: ThemeControl) {
  return (
    <button
      type="button"
      class="rail-item theme-button"
      aria-label={isDark ? "Use the light theme" : "Use the dark theme"}
      title={isDark ? "Use the light theme" : "Use the dark theme"}
      onClick={() => setTheme(isDark ? "light" : "dark")}
    >
      <Icon name={isDark ? "sun" : "moon"} />
    </button>
  );
}
