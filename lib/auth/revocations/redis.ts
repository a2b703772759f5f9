/**
 * The revocations in Redis: a hash that all nodes read, and a channel on which nodes hear what changes in the hash. Both
 * are written in one step (`revocation_add.lua`).
 */
import type { Redis } from "ioredis";
import type {
  OnRevocationChange,
  Revocation,
  RevocationChange,
  RevocationKey,
  RevocationKind,
  RevocationStore,
} from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { STEADY_CLOCK } from "../../base/steady_clock.ts";
import { throwUnavailable, throwUnconfirmed } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { REVOCATION_FUNCTIONS } from "./functions.ts";

/** Most revocations that are written back in one call. */
const MOST_RESTORED = 200;

type RevocationNames = readonly [revocations: string, ends: string, lifts: string];

/** The hash of revocations, and the sorted sets of those that end and that were lifted, by Unix time in milliseconds. */
export function revocationNames({ prefix }: RedisKeys): RevocationNames {
  return [`${prefix}revocations`, `${prefix}revocation-ends`, `${prefix}revocation-lifts`];
}

export class RedisRevocations implements RevocationStore {
  readonly #redis: Redis;
  readonly #functions: Calls<typeof REVOCATION_FUNCTIONS>;
  readonly #tell: OnRevocationChange;
  readonly #stored: RevocationNames;
  /** The pub/sub channel on which nodes hear of changes. */
  readonly #channel: string;

  constructor(storage: RedisStorage, tell: OnRevocationChange) {
    const { redis, subscriber, keys, functions } = storage;
    this.#redis = redis;
    this.#functions = functions.calls(REVOCATION_FUNCTIONS);
    this.#tell = tell;
    this.#stored = revocationNames(keys);
    this.#channel = `${keys.prefix}revocation-events`;
    subscriber.on("message", (channel: string, text: string) => {
      const change = channel === this.#channel ? parseChange(text) : undefined;
      if (change !== undefined) tell(change);
    });
    // The node subscribes before it reads the hash, so that it misses no change in between.
    storage.beforeRestored(async () => void await subscriber.subscribe(this.#channel));
  }

  async add(revocation: Revocation): Promise<void> {
    const { kind, at, expiresAt = 0 } = revocation;
    const field = fieldOf(revocation);
    const value = await this.#functions.add(
      this.#stored,
      [field, at, expiresAt, kind === "block" ? 1 : 0, this.#channel],
    );
    // The revocation counts here before the caller is told so. The channel brings the same change once more.
    const stored = readRevocation(field, String(value));
    if (stored !== undefined) this.#tell({ type: "revoked", revocation: stored });
  }

  async remove({ site, kind, name }: RevocationKey): Promise<boolean> {
    const revocation = { site, kind, name };
    const removed = await this.#functions.remove(
      this.#stored,
      [fieldOf(revocation), this.#channel],
    );
    this.#tell({ type: "lifted", revocation });
    return removed === 1;
  }

  async list(): Promise<Revocation[]> {
    const fields = await this.#redis.hgetall(this.#stored[0]).catch(throwUnavailable);
    const now = STEADY_CLOCK.now();
    return Object.entries(fields).map(([field, value]) => readRevocation(field, value))
      .filter((revocation) => revocation !== undefined)
      .filter(({ expiresAt = Infinity }) => expiresAt > now);
  }

  async restore(known: readonly Revocation[]): Promise<void> {
    for (let start = 0; start < known.length; start += MOST_RESTORED) {
      const args = known.slice(start, start + MOST_RESTORED)
        .flatMap((each) => [fieldOf(each), each.at, each.expiresAt ?? 0]);
      await this.#functions.restore(this.#stored, [this.#channel, ...args]);
    }
  }

  async disconnect(site: string, user: UserId): Promise<void> {
    const text = `disconnect 0 0 ${fieldOf({ site, kind: "user", name: user })}`;
    await this.#redis.publish(this.#channel, text).catch(throwUnconfirmed);
  }
}

/** Can be read back, since neither a kind nor a site holds a colon. */
export function fieldOf({ site, kind, name }: RevocationKey): string {
  return `${kind}:${site}:${name}`;
}

const KINDS: readonly RevocationKind[] = ["token", "session", "user", "site", "block"];

/** `undefined` for a field that a later version of notifyli wrote. */
function parseKey(field: string): RevocationKey | undefined {
  const [, ofKind, site, name] = /^(\w+):([^:]+):(.*)$/s.exec(field) ?? [];
  const kind = KINDS.find((each) => each === ofKind);
  return kind === undefined || site === undefined || name === undefined
    ? undefined
    : { site, kind, name };
}

/** @param value `at end`, where an end of 0 is never */
function readRevocation(field: string, value: string): Revocation | undefined {
  const key = parseKey(field);
  const [at = 0, expiresAt = 0] = value.split(" ").map(Number);
  return key && { ...key, at, ...(expiresAt > 0 && { expiresAt }) };
}

/** @param text `type at end field`, as `revocation_add.lua` publishes it */
function parseChange(text: string): RevocationChange | undefined {
  const [, type, value = "", field = ""] = /^(\w+) (\d+ \d+) (.*)$/s.exec(text) ?? [];
  const revocation = readRevocation(field, value);
  if (revocation === undefined) return undefined;
  const { site, kind, name } = revocation;
  switch (type) {
    case "revoked":
      return { type, revocation };
    case "lifted":
      return { type, revocation: { site, kind, name } };
    case "disconnect":
      return { type, site, user: name };
    default:
      return undefined;
  }
}
