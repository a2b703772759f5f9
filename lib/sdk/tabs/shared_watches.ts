/**
 * Whom the tabs of one connection watch, and which of them are away: the server has one list of a connection, so it is asked for
 * all that any tab watches, and it is told that the user is away when that is so in all tabs.
 */
import { asObject, type JsonObject } from "../core/frames.ts";
import type { Tab } from "./shared_tab.ts";

type Ask = (command: JsonObject, then: (reply: JsonObject) => void) => void;

export class SharedWatches {
  readonly #ask: Ask;
  readonly #watched = new Map<Tab, readonly unknown[]>();
  readonly #away = new Set<Tab>();
  #isAway = false;

  /** @param ask sends a command to the server */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  watch(tab: Tab, { ref, user_ids, ...command }: JsonObject): void {
    const wanted = Array.isArray(user_ids) ? user_ids : [];
    this.#watched.set(tab, wanted);
    this.#ask({ ...command, user_ids: this.#all }, (reply) => {
      const { users } = asObject(reply.data);
      if (!Array.isArray(users)) return tab.answer(ref, reply);
      const ids = new Set(wanted.map(String));
      const own = users.filter((user) => ids.has(String(asObject(user).user_id)));
      tab.answer(ref, { ...reply, data: { users: own } });
    });
  }

  /** @param tabs all tabs of the connection */
  setAway(tab: Tab, command: JsonObject, tabs: ReadonlySet<Tab>): void {
    if (command.away === true) this.#away.add(tab);
    else this.#away.delete(tab);
    this.#tellAway(tabs);
    tab.answer(command.ref, { success: true, data: { away: command.away === true } });
  }

  /** The tab is gone; the others are still there. */
  remove(tab: Tab, tabs: ReadonlySet<Tab>): void {
    this.#away.delete(tab);
    this.#tellAway(tabs);
    if (this.#watched.delete(tab)) {
      this.#ask({ type: "presence", user_ids: this.#all }, () => {});
    }
  }

  get #all(): unknown[] {
    return [...new Map([...this.#watched.values()].flat().map((id) => [String(id), id])).values()];
  }

  #tellAway(tabs: ReadonlySet<Tab>): void {
    const away = [...tabs].every((tab) => this.#away.has(tab));
    if (away === this.#isAway) return;
    this.#isAway = away;
    this.#ask({ type: "away", away }, () => {});
  }
}
