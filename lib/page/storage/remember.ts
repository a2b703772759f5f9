/** Writes what changed in the store, and nothing else, to where the browser keeps it; `session/session.ts` starts it. */
import type { KeyValueStore } from "../../sdk/mod.ts";
import { loadSettings, saveDrafts, saveSettings, saveWritten } from "./storage.ts";
import type { State, Store } from "../state/store.ts";

interface Places {
  /** What the browser's tabs share: the settings. */
  shared: KeyValueStore;
  /** What is this tab's own: the written messages. */
  own: KeyValueStore;
}

export function rememberChanges(store: Store, places: Places): void {
  let before = store.state;
  store.subscribe(() => {
    const state = store.state;
    if (state.identity !== before.identity) rememberWho(state, places);
    else if (state.identity !== null) rememberWhat(state, before, places);
    before = state;
  });
}

/** What belongs to a user was just read when they signed in: only the settings are new. */
function rememberWho(state: State, { shared }: Places): void {
  if (state.identity !== null) rememberRooms(state, shared);
  else saveSettings(shared, { ...loadSettings(shared), signed_in: false });
}

function rememberWhat(state: State, before: State, { shared, own }: Places): void {
  const account = { userId: state.identity?.user_id ?? "", site: state.site };
  // Until the server has named the site, nobody knows whose these are.
  if (state.drafts !== before.drafts && state.site !== "" && state.site === before.site) {
    saveDrafts(shared, account, state.drafts, before.drafts);
  }
  if (roomsDiffer(state, before)) rememberRooms(state, shared);
  if (state.written !== before.written) saveWritten(own, account, state.written);
}

function rememberRooms({ identity, rooms, activeRoom }: State, shared: KeyValueStore): void {
  if (identity === null) return;
  const names = rooms.map(({ room }) => room);
  saveSettings(shared, { signed_in: true, ...identity, rooms: names, active_room: activeRoom });
}

function roomsDiffer(a: State, b: State): boolean {
  return a.activeRoom !== b.activeRoom || a.rooms.length !== b.rooms.length ||
    a.rooms.some(({ room }, index) => room !== b.rooms[index]?.room);
}
