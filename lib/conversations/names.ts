/** Keeps the names by which users were known last, so that others see them also while they are away. */
import type { UserId } from "../base/fields.ts";
import type { ChatStore } from "./store/store.ts";
import { forgetName, keepName } from "./store/users.ts";
import type { Actor } from "./types.ts";

/** How many users' names are remembered as stored. */
const MOST_NAMES = 50_000;

export class KeptNames {
  readonly #store: ChatStore;
  readonly #background: (what: string, work: Promise<void>) => void;
  readonly #known = new Map<string, string>();

  constructor(store: ChatStore, background: (what: string, work: Promise<void>) => void) {
    this.#store = store;
    this.#background = background;
  }

  /** Keeps the actor's name where it is another than before. Nobody waits for that. */
  note({ site, user, name }: Actor): void {
    if (user === undefined || name === undefined || name === user) return;
    const key = `${site}\n${user}`;
    if (this.#known.get(key) === name) return;
    this.#remember(key, name);
    this.#background("name of a user", this.#keep(site, user, name, key));
  }

  /** Forgets a user's name, also where it is being kept right now. Says whether there was one. */
  async forget(site: string, user: UserId): Promise<boolean> {
    const key = `${site}\n${user}`;
    const isKept = await this.#store.write(() => forgetName(site, user), workOf(key));
    this.#known.delete(key);
    return isKept;
  }

  async #keep(site: string, user: UserId, name: string, key: string): Promise<void> {
    try {
      await this.#store.write(() => keepName(site, user, name), workOf(key));
    } catch (error) {
      this.#known.delete(key); // it is kept the next time
      throw error;
    }
  }

  #remember(key: string, name: string): void {
    this.#known.delete(key);
    this.#known.set(key, name);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_NAMES && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** Works on one name come one after the other. */
function workOf(key: string): string {
  return `name ${key}`;
}
