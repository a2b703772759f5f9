/** Keeps the address and the place on the page the same: a new place is a step in the browser's history, and back goes back. */
import { formatPlace, parsePlace } from "../state/place.ts";
import type { Store } from "../state/store.ts";
import type { Session } from "./session.ts";

export function syncAddress(store: Store, session: Session): void {
  let place = store.state.place;
  addEventListener("popstate", () => {
    if (store.state.identity !== null) session.go(parsePlace(location.hash));
  });
  store.subscribe(() => {
    if (store.state.place === place) return;
    const { identity } = store.state;
    place = store.state.place;
    const address = formatPlace(place);
    if (address === (location.hash || "#/")) return;
    // Signing in is no place to come back to.
    if (identity === null || location.hash === "") history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  });
}
