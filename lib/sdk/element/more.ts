/**
 * What a page of `<notifyli-inbox>` needs later, or not at all: preferences, toasts, the menu for snoozing, and the sound. It
 * is served as `/notifyli-inbox-more.js`, and `late.ts` loads it from beside the element's own module.
 */
import { MORE_ENGLISH } from "./more_strings.ts";
import { ENGLISH as FIRST_ENGLISH } from "./strings.ts";

/** All that the element says, by keys. */
export const ENGLISH = { ...FIRST_ENGLISH, ...MORE_ENGLISH };

export { play } from "./sound.ts";
export { default as css } from "./styles/more.css" with { type: "text" };
export { preferencesView } from "./views/preferences.ts";
export { ToastTimer } from "./toast_timer.ts";
export { snoozeMenu } from "./views/snooze.ts";
export { snoozedList } from "./views/snoozed.ts";
export { notices, toasts } from "./views/toasts.ts";
