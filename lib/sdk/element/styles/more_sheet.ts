/** The style of what `more.ts` has, of which each section is a file; it stands behind the element's own. */
import folded from "./folded.css" with { type: "text" };
import menu from "./menu.css" with { type: "text" };
import preferences from "./preferences.css" with { type: "text" };
import toasts from "./toasts.css" with { type: "text" };

export const css = [folded, preferences, menu, toasts].join("");
