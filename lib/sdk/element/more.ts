/**
 * What a page of `<notifyli-inbox>` needs later, or not at all: what becomes of what is put away, preferences, toasts, the menu
 * for snoozing, keys, and the sound. It is served as `/notifyli-inbox-more.js`, and `late.ts` loads it from beside the
 * element's own module.
 */
import { MORE_ENGLISH } from "./more_strings.ts";
import { ENGLISH as FIRST_ENGLISH } from "./strings.ts";

/** All that the element says, by keys. */
export const ENGLISH = { ...FIRST_ENGLISH, ...MORE_ENGLISH };

export { onKey } from "./keys.ts";
export { reveal } from "./reveal.ts";
export { shelfOf } from "./shelf.ts";
export { play } from "./sound.ts";
export { css } from "./styles/more_sheet.ts";
export { preferencesView } from "./views/preferences.ts";
export { ToastTimer } from "./toast_timer.ts";
export { snoozeMenu } from "./views/snooze.ts";
export { archivedList } from "./views/archived.ts";
export { foldedList } from "./views/folded.ts";
export { snoozedList } from "./views/snoozed.ts";
export { notices, toasts } from "./views/toasts.ts";
