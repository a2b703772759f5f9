/** The keys that work everywhere on the page. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { KeyValueStore } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Session } from "../../session/session.ts";
import { type Entry, neighbour, sectionsOf } from "../../state/listing.ts";
import { hasDetails, hasFiles, withDetails, withFiles } from "../../state/place.ts";
import type { State } from "../../state/store.ts";
import { currentKey } from "./current_key.ts";

interface Wishes {
  search: () => void;
  showKeys: () => void;
}

const KEY = "notifyli.single_keys";

export function hasSingleKeys(storage: KeyValueStore): boolean {
  return storage.getItem(KEY) !== "off";
}

export function setSingleKeys(storage: KeyValueStore, isOn: boolean): void {
  storage.setItem(KEY, isOn ? "on" : "off");
}

export function useShortcuts(state: State, wishes: Wishes): void {
  const { session, storage } = usePage();
  const now = useRef({ state, wishes });
  now.current = { state, wishes };
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const { state, wishes } = now.current;
      if (react(event, state, session, wishes, storage)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

/** Returns whether the key was one of ours. */
function react(
  event: KeyboardEvent,
  state: State,
  session: Session,
  wishes: Wishes,
  storage: KeyValueStore,
): boolean {
  const { key, altKey, shiftKey } = event;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && !altKey && !shiftKey && key.toLowerCase() === "k") {
    wishes.search();
    return true;
  }
  if (document.querySelector("dialog[open]") !== null) return false;
  if (altKey && !isCommand && (key === "ArrowUp" || key === "ArrowDown")) {
    const step = key === "ArrowDown" ? 1 : -1;
    const sections = sectionsOf(state.chats, state.rooms, "all");
    const next = neighbour(sections, currentKey(state.place), { step, isUnread: shiftKey });
    if (next !== undefined) open(next, session);
    return true;
  }
  if (shiftKey && key === "Escape") {
    for (const info of state.chats.list) if (info.unread > 0) session.chats?.markRead(info);
    return true;
  }
  if (key === "Escape" && hasDetails(state.place)) {
    const isInFiles = hasFiles(state.place);
    session.go(isInFiles ? withFiles(state.place, false) : withDetails(state.place, false));
    return true;
  }
  if (isCommand || altKey || isTyping(event.composedPath()[0]) || !hasSingleKeys(storage)) {
    return false;
  }
  if (key === "?") {
    wishes.showKeys();
    return true;
  }
  if (key === "j" || key === "k") return moveInLog(key === "j" ? "ArrowDown" : "ArrowUp");
  return false;
}

function open(entry: Entry, session: Session): void {
  document.getElementById("main")?.focus({ preventScroll: true }); // what opens takes it on
  if (entry.kind === "room") session.activateRoom(entry.room.room);
  else session.go({ kind: "conversation", id: entry.info.id });
}

/** J and K are the arrows of the log, from wherever the focus is. */
function moveInLog(key: string): boolean {
  const log = document.querySelector<HTMLElement>('[role="log"]');
  if (log === null) return false;
  const within = document.activeElement?.closest("[data-row]");
  (within ?? log).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
  return true;
}

/** @param target what has the focus, within whatever element */
function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof Element &&
    target.closest("input, textarea, select, [contenteditable]") !== null;
}
