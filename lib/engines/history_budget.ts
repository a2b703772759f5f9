/**
 * Bounds what the histories take that one user of a site, and a whole site, has filled through this node. It adds up what is
 * published; once that passes a limit, it asks the store what is still there, and then has the largest histories give up
 * their oldest publications. So a publication costs no question, and a history that ends by itself costs nothing either.
 */
import type { UserId } from "../base/fields.ts";
import { type Channel, keyOf } from "../core/channel.ts";

/** A store of histories. */
export interface KeptHistories {
  /** The bytes that a channel's history takes; 0 where there is none any more. */
  sizeOf(channel: Channel): Promise<number>;
  /** Drops the oldest publications of a channel that take so many bytes, but never the last one. */
  dropOldest(channel: Channel, bytes: number): Promise<{ dropped: number; bytes: number }>;
}

export interface HistoryLimits {
  /** Most bytes of what one user has said; `Infinity` for no limit. */
  readonly userBytes: number;
  /** Most bytes of one site; `Infinity` for no limit. */
  readonly siteBytes: number;
  /** Is told how many publications were dropped before their time. */
  readonly onForgotten: (count: number) => void;
}

/** A channel that was published in. */
interface Filled {
  readonly channel: Channel;
  /** At least what the history takes. */
  bytes: number;
  /** At least what is in it of each user. */
  readonly users: Map<string, number>;
  /** How long the history is kept after its last publication. */
  keptMs: number;
  /** When the history ends if nothing more came, on `performance.now()`'s clock. */
  endsAt: number;
}

/** What somebody has filled. */
interface Account {
  readonly limit: number;
  readonly channels: Set<Filled>;
  bytes: number;
  shareOf(filled: Filled): number;
  setShare(filled: Filled, bytes: number): void;
}

/** How far below its limit an account comes, so that not each of the next publications drops something. */
const RELIEVED_PART = 0.9;

/** How long it rests where the store does not answer. */
const REST_MS = 1000;

/** How many histories the store is asked about at once. */
const ASKED_AT_ONCE = 50;

/** How soon a history is looked at that was there when the server started. */
const FOUND_MS = 60_000;

export class HistoryBudget implements AsyncDisposable {
  readonly #limits: HistoryLimits;
  readonly #histories: KeptHistories;
  /** By the channels' keys. Bounded by what the store keeps: what has ended there is removed here. */
  readonly #filled = new Map<string, Filled>();
  readonly #users = new Map<string, Account>();
  readonly #sites = new Map<string, Account>();
  /** Goes round and round through all channels. */
  #hand: Iterator<Filled> = this.#filled.values();
  #work: Promise<void> | undefined;
  /** When work may begin again, on `performance.now()`'s clock. */
  #restsUntil = -Infinity;
  #isStopped = false;

  constructor(limits: HistoryLimits, histories: KeptHistories) {
    this.#limits = limits;
    this.#histories = histories;
  }

  /** Notes a publication that was stored. @param seconds until the history ends, if nothing more comes */
  note(channel: Channel, user: UserId | undefined, bytes: number, seconds: number): void {
    const filled = this.#fill(channel, bytes, seconds * 1000);
    const site = this.#siteOf(channel.site);
    const own = user === undefined ? undefined : this.#userOf(channel.site, user);
    add(site, filled, 0); // a channel's own bytes are the site's share
    if (own !== undefined) add(own, filled, bytes);
    const over = own !== undefined && isOver(own) ? own : isOver(site) ? site : undefined;
    if (over !== undefined) this.#begin(() => this.#relieve(over));
    else this.#lookAtNext();
  }

  /** Notes what was there when the server started. */
  found(channel: Channel, bytes: number): void {
    const filled = this.#fill(channel, bytes, FOUND_MS);
    add(this.#siteOf(channel.site), filled, 0);
  }

  /** Notes whose a part is of what was there when the server started. */
  foundOf(channel: Channel, user: UserId, bytes: number): void {
    const filled = this.#filled.get(keyOf(channel));
    if (filled !== undefined) add(this.#userOf(channel.site, user), filled, bytes);
  }

  /** Ends what is under way, and begins nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }

  #fill(channel: Channel, bytes: number, keptMs: number): Filled {
    const key = keyOf(channel);
    let filled = this.#filled.get(key);
    if (filled === undefined) {
      filled = { channel, bytes: 0, users: new Map(), keptMs, endsAt: 0 };
      this.#filled.set(key, filled);
    }
    filled.bytes += bytes;
    filled.keptMs = keptMs;
    filled.endsAt = performance.now() + keptMs;
    this.#siteOf(channel.site).bytes += bytes;
    return filled;
  }

  #siteOf(site: string): Account {
    let account = this.#sites.get(site);
    if (account === undefined) {
      account = {
        limit: this.#limits.siteBytes,
        channels: new Set(),
        bytes: 0,
        shareOf: ({ bytes }) => bytes,
        setShare: (filled, bytes) => filled.bytes = bytes,
      };
      this.#sites.set(site, account);
    }
    return account;
  }

  #userOf(site: string, user: UserId): Account {
    const key = `${site}\n${user}`;
    let account = this.#users.get(key);
    if (account === undefined) {
      account = {
        limit: this.#limits.userBytes,
        channels: new Set(),
        bytes: 0,
        shareOf: ({ users }) => users.get(user) ?? 0,
        setShare: ({ users }, bytes) => users.set(user, bytes),
      };
      this.#users.set(key, account);
    }
    return account;
  }

  /** Looks at one more channel whether its history has ended. */
  #lookAtNext(): void {
    const { value: filled, done } = this.#hand.next();
    if (done) return void (this.#hand = this.#filled.values());
    if (filled.endsAt < performance.now()) this.#begin(() => this.#measure(filled));
  }

  #begin(work: () => Promise<unknown>): void {
    if (this.#isStopped || this.#work !== undefined) return;
    if (performance.now() < this.#restsUntil) return;
    this.#work = work().then(() => {}, () => {
      this.#restsUntil = performance.now() + REST_MS; // the store has logged why
    }).finally(() => this.#work = undefined);
  }

  /** Has an account keep its limit. */
  async #relieve(account: Account): Promise<void> {
    const largestFirst = () =>
      [...account.channels].sort((one, other) => account.shareOf(other) - account.shareOf(one));
    const all = largestFirst();
    for (let first = 0; first < all.length; first += ASKED_AT_ONCE) {
      if (this.#isStopped || !isOver(account)) return; // some of what was said may not be kept any more
      const asked = all.slice(first, first + ASKED_AT_ONCE);
      await Promise.all(asked.map((filled) => this.#measure(filled)));
    }
    if (!isOver(account)) return;
    for (const filled of largestFirst()) {
      const tooMany = account.bytes - account.limit * RELIEVED_PART;
      if (this.#isStopped || tooMany <= 0) return;
      const share = account.shareOf(filled);
      const asked = Math.min(share, tooMany);
      const { dropped, bytes } = await this.#histories.dropOldest(filled.channel, asked);
      if (dropped > 0) this.#limits.onForgotten(dropped);
      setShare(account, filled, Math.max(0, share - bytes));
      await this.#measure(filled);
    }
  }

  /** Asks the store what a channel's history takes by now. */
  async #measure(filled: Filled): Promise<void> {
    const before = filled.bytes;
    const measured = await this.#histories.sizeOf(filled.channel);
    const { channel } = filled;
    const bytes = measured + Math.max(0, filled.bytes - before); // what came meanwhile may count twice
    setShare(this.#siteOf(channel.site), filled, bytes);
    for (const [user, share] of filled.users) {
      if (share <= bytes) continue;
      setShare(this.#userOf(channel.site, user), filled, bytes);
    }
    if (bytes === 0) this.#forget(filled);
    else filled.endsAt = performance.now() + filled.keptMs;
  }

  #forget(filled: Filled): void {
    const { channel, users } = filled;
    this.#filled.delete(keyOf(channel));
    this.#siteOf(channel.site).channels.delete(filled);
    for (const user of users.keys()) {
      const account = this.#userOf(channel.site, user);
      account.channels.delete(filled);
      if (account.channels.size === 0) this.#users.delete(`${channel.site}\n${user}`);
    }
  }
}

function isOver({ bytes, limit }: Account): boolean {
  return bytes > limit;
}

function add(account: Account, filled: Filled, bytes: number): void {
  account.channels.add(filled);
  if (bytes > 0) setShare(account, filled, account.shareOf(filled) + bytes);
}

function setShare(account: Account, filled: Filled, bytes: number): void {
  account.bytes += bytes - account.shareOf(filled);
  account.setShare(filled, bytes);
}
