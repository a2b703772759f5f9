/**
 * Which type each key in Redis has. Where another program made a key of another type, Redis says `WRONGTYPE` and not which
 * key it is: this says so, once for all who need it. `docs/redis.md` has the same list for users.
 */
import { logFor } from "../../base/log.ts";
import type { Redis } from "ioredis";
import { reasonOf } from "../../base/reason.ts";

const log = logFor("redis");

type KeyType = "hash" | "list" | "set" | "stream" | "string" | "zset";

/** The types by the first word of a name, after the prefix and the site. */
export const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  connections: "hash",
  clients: "hash",
  several: "hash",
  present: "zset",
  plain: "hash",
  occupied: "zset",
  leases: "zset",
  "online-parts": "hash",
  "online-fewer": "zset",
  "online-nodes": "set",
  "online-asked": "string",
  "node-reports": "hash",
  "node-history": "stream",
  lease: "set",
  bridge: "string",
  "bridge-progress": "string",
  "bridge-mark": "string",
  stream: "string",
  "stream-progress": "string",
  publications: "stream",
  "publications-progress": "string",
  "publications-stream": "string",
  "publications-stream-progress": "string",
  notifications: "stream",
  "notifications-dead": "stream",
  "inbox-frames": "hash",
  "inbox-order": "zset",
  "inbox-queued": "zset",
  "inbox-unread": "zset",
  "inbox-done": "zset",
  "inbox-times": "hash",
  "inbox-expiries": "zset",
  "inbox-position": "hash",
  "inbox-id": "string",
  "inbox-snoozed": "zset",
  "inbox-groups": "hash",
  receipts: "stream",
  "receipts-batch": "string",
  "receipts-sender": "string",
  owner: "string",
  scheduled: "zset",
  "scheduled-frames": "hash",
  "scheduled-bytes": "hash",
  "api-keys": "hash",
  "made-rooms": "hash",
  "made-room-sites": "zset",
  "made-rooms-gone": "zset",
  revocations: "hash",
  "revocation-ends": "zset",
  "revocation-lifts": "zset",
  publication: "string",
  history: "stream",
  position: "hash",
  database: "string",
  incarnation: "hash",
  online: "set",
  offline: "zset",
  events: "stream",
  "events-log": "stream",
  "events-batch": "string",
  "events-dropped": "string",
  "events-sender": "string",
};

/** The keys that all share and without which a way in, or the node, does not work: those of one user or room are not here. */
export const VITAL_KEYS: readonly string[] = [
  "leases",
  "incarnation",
  "bridge",
  "bridge-progress",
  "bridge-mark",
  "stream",
  "stream-progress",
  "notifications",
  "publications:stream",
  "publications-progress",
  "publications-stream",
  "publications-stream-progress",
  "revocations",
];

/** The other keys that all share: without one of them some requests are refused, and all else goes on. */
export const SHARED_KEYS: readonly string[] = [
  "occupied",
  "made-rooms",
  "made-room-sites",
  "made-rooms-gone",
  "notifications-dead",
  "receipts",
  "receipts-batch",
  "receipts-sender",
  "scheduled",
  "scheduled-frames",
  "scheduled-bytes",
  "revocation-ends",
  "revocation-lifts",
  "api-keys",
  "offline",
  "online-fewer",
  "online-nodes",
  "online-asked",
  "events",
  "database",
  "node-reports",
];

/** What nodes make for themselves, by the first words of names: it may be there where there is nothing of users yet. */
const MADE_BY_NODES: readonly string[] = [
  "leases",
  "incarnation",
  "database",
  "bridge",
  "bridge-progress",
  "bridge-mark",
  "stream",
  "stream-progress",
  "notifications",
  "publications",
  "publications-progress",
  "publications-stream",
  "publications-stream-progress",
  "receipts-sender",
  "events-sender",
  "node-reports",
  "node-history",
];

/** Whether nodes make a key for themselves, so that it says nothing of users. */
export function isMadeByNodes(key: string, prefix: string): boolean {
  return MADE_BY_NODES.includes(firstWordOf(key, prefix));
}

function firstWordOf(key: string, prefix: string): string {
  const own = key.slice(prefix.length).replace(/^@[^:]*:/, "");
  return /^[\w-]+/.exec(own)?.[0] ?? "";
}

/** Redis' word for what a key has where there is none. */
const NO_KEY = "none";

export class KeyTypes {
  readonly #redis: Redis;
  readonly #prefix: string;
  /** The shared keys that were logged and are still of another type. */
  #logged: ReadonlySet<string> = new Set();

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Looks at the shared keys, and logs once of each that it is of another type. Says which one keeps the node from working. */
  async look(): Promise<string | undefined> {
    const names = [...VITAL_KEYS, ...SHARED_KEYS].map((name) => this.#prefix + name);
    const flaws = await this.flawsOf(names);
    for (const [name, flaw] of flaws) if (!this.#logged.has(name)) log.error("{flaw}", { flaw });
    this.#logged = new Set(flaws.keys());
    const vital = VITAL_KEYS.find((name) => flaws.has(this.#prefix + name));
    return vital === undefined ? undefined : flaws.get(this.#prefix + vital);
  }

  /** What is wrong with keys that are of another type, by their names. A Redis that does not tell has none. */
  async flawsOf(names: readonly string[]): Promise<Map<string, string>> {
    const flaws = new Map<string, string>();
    const types = await Promise.all(names.map((name) => this.#redis.type(name))).catch((error) => {
      log.debug("the types of keys are not known: {reason}", { reason: reasonOf(error) });
      return [];
    });
    for (const [index, type] of types.entries()) {
      const name = names[index]!;
      const expected = KEY_TYPES[firstWordOf(name, this.#prefix)];
      if (expected === undefined || type === NO_KEY || type === expected) continue;
      const flaw =
        `the key ${name} is a ${type} and not a ${expected}, so another program made it: ` +
        "rename or delete it";
      flaws.set(name, flaw);
    }
    return flaws;
  }
}
