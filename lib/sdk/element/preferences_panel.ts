/**
 * The preferences of `<notifyli-inbox>`, served as `/notifyli-inbox-preferences.js`: few users open them, so the element loads
 * this when the first one does.
 */
export { preferencesView } from "./views/preferences.ts";
export { default as css } from "./styles/preferences.css" with { type: "text" };
