/** Which tabs of one connection are in which rooms; `shared_link.ts` asks the server. */
import type { Tab } from "./shared_tab.ts";

/** A tab in a room. */
interface Place {
  /** The server has let it in. */
  isIn: boolean;
}

export class SharedRooms {
  readonly #rooms = new Map<string, Map<Tab, Place>>();

  /** A tab asks to be let into a room, perhaps again. */
  want(tab: Tab, room: string): Place {
    const tabs = this.#rooms.get(room) ?? new Map<Tab, Place>();
    const place = tabs.get(tab) ?? { isIn: false };
    this.#rooms.set(room, tabs.set(tab, place));
    return place;
  }

  /** Whether the place is still the tab's: it may have left, and asked anew. */
  holds(tab: Tab, room: string, place: Place): boolean {
    return this.#rooms.get(room)?.get(tab) === place;
  }

  /** Takes a tab out of a room. Returns whether other tabs are in it, or ask to be. */
  leave(tab: Tab, room: string): boolean {
    const tabs = this.#rooms.get(room);
    tabs?.delete(tab);
    if (tabs !== undefined && tabs.size > 0) return true;
    this.#rooms.delete(room);
    return false;
  }

  /** Takes all tabs out of a room. Returns those that were in it. */
  drop(room: string): Tab[] {
    const tabs = this.tabsIn(room);
    this.#rooms.delete(room);
    return tabs;
  }

  has(room: string): boolean {
    return this.#rooms.has(room);
  }

  /** The rooms that a tab is in, or asks to be in. */
  roomsOf(tab: Tab): string[] {
    return [...this.#rooms].flatMap(([room, tabs]) => tabs.has(tab) ? [room] : []);
  }

  tabsIn(room: string): Tab[] {
    return [...this.#rooms.get(room) ?? []].flatMap(([tab, { isIn }]) => isIn ? [tab] : []);
  }
}
