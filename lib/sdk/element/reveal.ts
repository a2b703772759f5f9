/** Shows one of the notifications to whoever was led to it, such as by a click on what the system showed. */

/** How long a notification that was just sent may take to come into the list. */
const COMING_MS = 5_000;

/**
 * Gives the focus to a notification once it is there, or to the field for its answer.
 *
 * @param idOf says by which id it is listed: the newest of a group stands for the others
 * @param reply the action that wants an answer
 */
export function reveal(root: ShadowRoot, idOf: () => string, reply = ""): void {
  const end = performance.now() + COMING_MS;
  const look = () => {
    const item = root.querySelector<HTMLElement>(`[data-id="${CSS.escape(idOf())}"]`);
    if (item === null && performance.now() < end) return void requestAnimationFrame(look);
    item?.scrollIntoView({ block: "nearest" });
    (item?.querySelector<HTMLElement>(`[data-act="${CSS.escape(reply)}"]`) ?? item)?.focus();
  };
  look();
}
