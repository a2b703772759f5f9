/** Makes, checks and revokes API keys. Most calls cost no read of the store, since what was read is good for a moment. */
import type { ApiKey, KeyStore } from "./store.ts";
import type { Scope } from "../../base/scope.ts";
import { CodedError } from "../../base/errors.ts";
import {
  type ApiKeyText,
  formatApiKey,
  hashOf,
  isSecretOf,
  newApiKeyText,
  parseApiKey,
} from "./api_key.ts";

/** How long a key that was read is believed: a key that another node revoked is good here for no longer. */
const GOOD_FOR_MS = 500;
const TOUCH_EVERY_MS = 60_000;

/** Most keys that are kept in memory; past so many, the one that was read first is forgotten. */
const MAX_KNOWN = 1000;

interface Known {
  readonly key: Promise<ApiKey | undefined>;
  /** What {@linkcode Known.key} has resolved with. */
  found: ApiKey | undefined;
  /** When the key was read, on `performance.now()`'s clock. */
  readonly readAt: number;
  touchedAt: number;
}

interface Good {
  readonly key: ApiKey;
  /** The reading that the key is of: the key is good while the reading is fresh. */
  readonly known: Known;
}

export interface NewApiKey {
  readonly name: string;
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** Unix time in milliseconds. */
  readonly expiresAt?: number;
}

export class ApiKeys {
  readonly #store: KeyStore;
  readonly #known = new Map<string, Known>();
  /** Keys that were found good, by their text. At most {@linkcode MAX_KNOWN}. */
  readonly #good = new Map<string, Good>();
  /** The last question to the store whether there is any key. */
  #exist: { readonly answer: Promise<boolean>; readonly askedAt: number } | undefined;
  /** The ids of all keys, when they were last asked for. */
  #ids: { readonly all: Promise<ReadonlySet<string>>; readonly askedAt: number } | undefined;
  /** Whether there is any key; absent while the store could not be asked. */
  #areSeen: boolean | undefined;

  /** When the store could last not say whether a key was revoked, on `performance.now()`'s clock. */
  #awayAt = -Infinity;

  constructor(store: KeyStore) {
    this.#store = store;
  }

  /** Stores a new key. This is the only time that the text of the key can be had. */
  async create(wanted: NewApiKey): Promise<{ key: ApiKey; text: string }> {
    const text = newApiKeyText();
    const { id, secret } = text;
    const key: ApiKey = { id, ...wanted, hash: hashOf(secret), createdAt: Date.now() };
    await this.#store.create(key);
    this.#areSeen = true;
    this.#ids = undefined;
    return { key, text: formatApiKey(text) };
  }

  /** The keys of one site, or of all, oldest first. */
  list(site?: string): Promise<ApiKey[]> {
    return this.#store.list(site);
  }

  /** Revokes a key, and resolves with it. Rejects with `not_found` where no key of the site has this id. */
  async revoke(id: string, site?: string): Promise<ApiKey> {
    const key = await this.#store.find(id);
    if (key === undefined || (site !== undefined && key.site !== site)) {
      throw new CodedError("not_found", `There is no API key ${JSON.stringify(id)}`);
    }
    await this.#store.revoke(id, Date.now());
    this.#known.delete(id);
    return key;
  }

  /**
   * Whether any key was ever made, revoked ones included: revoking the last key must not open the API to callers without
   * one.
   */
  async exist(): Promise<boolean> {
    if (this.#areSeen) return true;
    const now = performance.now();
    if (this.#exist === undefined || now - this.#exist.askedAt > GOOD_FOR_MS) {
      this.#exist = { answer: this.#store.exist(), askedAt: now };
    }
    try {
      const areThere = await this.#exist.answer;
      return this.#areSeen ||= areThere; // the first one may have been made meanwhile
    } catch (error) {
      // The store is away. The last answer goes on to count, so that a node without keys can still be asked how it is.
      if (this.#areSeen === undefined) throw error;
      return this.#areSeen;
    }
  }

  /** Whether this node has read a key with the id in this text, however long ago. */
  isKnown(text: string): boolean {
    return this.#known.has(parseApiKey(text)?.id ?? "");
  }

  /**
   * Whether there is a key with the id in this text, right to a moment. However many texts are asked about, the store is
   * asked twice a second at most.
   */
  async mayBe(text: string): Promise<boolean> {
    const { id } = parseApiKey(text) ?? {};
    if (id === undefined || this.#known.has(id)) return id !== undefined;
    return (await this.#allIds()).has(id);
  }

  /**
   * The key that a caller shows, where it was found good a moment ago. Most calls are answered so, and pay for no hash.
   * The time that this takes tells nothing of a wrong text, since a `Map` hashes texts with a random seed and compares only
   * those of the same hash.
   */
  checkedJustNow(text: string): ApiKey | undefined {
    const good = this.#good.get(text);
    if (good === undefined || !isFresh(good.known)) return undefined;
    const { key, known } = good;
    return this.#known.get(key.id) === known && !hasExpired(key) ? key : undefined;
  }

  /** Resolves with the key that a caller shows, or with the reason why it opens nothing. */
  async check(text: string): Promise<ApiKey | string> {
    const given = parseApiKey(text);
    const key = given && await this.#find(given);
    if (given === undefined || key === undefined || !isSecretOf(given.secret, key.hash)) {
      return "the API key is not one of this server's";
    }
    const refusal = whyNotNow(key);
    if (refusal !== undefined) return refusal;
    this.#touch(key);
    this.#noteGood(text, key);
    return key;
  }

  /**
   * Whether a key that was found good was revoked since then, as far as is known: where the store is away, it is taken for good, as a
   * token is.
   */
  async isRevoked(text: string): Promise<boolean> {
    const given = parseApiKey(text);
    if (given === undefined || this.checkedJustNow(text) !== undefined) return false;
    if (performance.now() - this.#awayAt <= GOOD_FOR_MS) return false;
    try {
      const key = await this.#find(given);
      return key === undefined || key.revokedAt !== undefined;
    } catch {
      this.#awayAt = performance.now();
      return false;
    }
  }

  /** Resolves with the key that a caller shows, where this node found it good before and has read nothing else of it since. */
  async goodBefore(text: string): Promise<ApiKey | undefined> {
    const { id = "" } = this.#good.get(text)?.key ?? {};
    const key = await this.#known.get(id)?.key.catch(() => undefined);
    return key !== undefined && whyNotNow(key) === undefined ? key : undefined;
  }

  /** Resolves with the key of this id, whose holder has shown it before, or with the reason why it opens nothing. */
  async current(id: string): Promise<ApiKey | string> {
    const key = await this.#find({ id });
    if (key === undefined) return `there is no API key ${id} any more`;
    const refusal = whyNotNow(key);
    if (refusal !== undefined) return refusal;
    this.#touch(key);
    return key;
  }

  #allIds(): Promise<ReadonlySet<string>> {
    const now = performance.now();
    if (this.#ids === undefined || now - this.#ids.askedAt > GOOD_FOR_MS) {
      const all = this.#store.list().then((keys) => new Set(keys.map(({ id }) => id)));
      this.#ids = { all, askedAt: now };
    }
    return this.#ids.all;
  }

  async #find({ id }: Pick<ApiKeyText, "id">): Promise<ApiKey | undefined> {
    const known = this.#known.get(id);
    if (known !== undefined && isFresh(known)) return await known.key;
    const reading: Known = {
      key: this.#store.find(id).then((key) => reading.found = key),
      found: undefined,
      readAt: performance.now(),
      touchedAt: known?.touchedAt ?? 0,
    };
    this.#known.set(id, reading);
    const key = await reading.key.catch((error) => {
      // The reading before this one goes on to be known, unless the key was read again or revoked meanwhile.
      if (this.#forget(id, reading) && known !== undefined) this.#known.set(id, known);
      throw error;
    });
    // An id that nobody has is not kept: there is no end of them.
    if (key === undefined) this.#forget(id, reading);
    else this.#makeRoom();
    return key;
  }

  #noteGood(text: string, key: ApiKey): void {
    const known = this.#known.get(key.id);
    if (known?.found !== key) return; // it was revoked in the same moment, or read anew
    if (this.#good.size >= MAX_KNOWN) this.#good.clear();
    this.#good.set(text, { key, known });
  }

  /** Forgets a reading, and says so, unless another one is known by now. */
  #forget(id: string, reading: Known): boolean {
    return this.#known.get(id) === reading && this.#known.delete(id);
  }

  #makeRoom(): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return;
      this.#known.delete(id);
    }
  }

  /** Notes in the store that the key was used, at most once a minute, however many nodes there are. */
  #touch({ id, lastUsedAt = 0 }: ApiKey): void {
    const known = this.#known.get(id);
    const now = Date.now();
    if (now - Math.max(lastUsedAt, known?.touchedAt ?? 0) < TOUCH_EVERY_MS) return;
    if (known !== undefined) known.touchedAt = now;
    this.#store.touch(id, now).catch(() => {}); // the store says itself that it is away
  }
}

function isFresh({ readAt }: Known): boolean {
  return performance.now() - readAt <= GOOD_FOR_MS;
}

function whyNotNow(key: ApiKey): string | undefined {
  if (key.revokedAt !== undefined) return `the API key ${key.id} is revoked`;
  return hasExpired(key) ? `the API key ${key.id} has expired` : undefined;
}

function hasExpired({ expiresAt = Infinity }: ApiKey): boolean {
  return expiresAt <= Date.now();
}
