/**
 * The revocations in Redis: a hash that all nodes read, and a channel on which they hear what changes in it. Both are
 * written in one step (`lua/revocation_add.lua`).
 */
import type { Redis } from "ioredis";
import type {
  AccessChange,
  Revocation,
  RevocationKey,
  RevocationKind,
  RevocationStore,
} from "./store.ts";
import type { EngineHandler } from "../../engines/engine.ts";
import type { UserId } from "../../base/fields.ts";
import { refused } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { run, SCRIPTS } from "../../engines/redis/functions.ts";

export class RedisRevocations implements RevocationStore {
  readonly #redis: Redis;
  readonly #subscriber: Redis;
  readonly #keys: RedisKeys;
  readonly #tell: EngineHandler["handleAccess"];

  constructor(
    redis: Redis,
    subscriber: Redis,
    keys: RedisKeys,
    tell: EngineHandler["handleAccess"],
  ) {
    this.#redis = redis;
    this.#subscriber = subscriber;
    this.#keys = keys;
    this.#tell = tell;
    subscriber.on("message", (channel: string, text: string) => {
      const change = channel === keys.revocationChannel ? parseChange(text) : undefined;
      if (change !== undefined) tell(change);
    });
  }

  /** From its resolution on, this node hears of every change, until the connection is lost. */
  async listen(): Promise<void> {
    await this.#subscriber.subscribe(this.#keys.revocationChannel);
  }

  async add(revocation: Revocation): Promise<void> {
    const { revocations, revocationEnds, revocationChannel } = this.#keys;
    const { kind, at, expiresAt = 0 } = revocation;
    const field = fieldOf(revocation);
    const value = await run(
      this.#redis,
      SCRIPTS.revocationAdd,
      [revocations, revocationEnds],
      [field, at, expiresAt, kind === "block" ? 1 : 0, revocationChannel],
    );
    // Here it counts before the caller is told so; what comes by the channel is the same once more.
    const stored = parseRevocation(field, String(value));
    if (stored !== undefined) this.#tell({ type: "revoked", revocation: stored });
  }

  async remove({ site, kind, name }: RevocationKey): Promise<boolean> {
    const { revocations, revocationEnds, revocationChannel } = this.#keys;
    const revocation = { site, kind, name };
    const removed = await run(
      this.#redis,
      SCRIPTS.revocationRemove,
      [revocations, revocationEnds],
      [fieldOf(revocation), revocationChannel],
    );
    this.#tell({ type: "lifted", revocation });
    return removed === 1;
  }

  async list(): Promise<Revocation[]> {
    const fields = await this.#redis.hgetall(this.#keys.revocations).catch(refused);
    const now = Date.now();
    return Object.entries(fields).map(([field, value]) => parseRevocation(field, value))
      .filter((revocation) => revocation !== undefined)
      .filter(({ expiresAt = Infinity }) => expiresAt > now);
  }

  async disconnect(site: string, user: UserId): Promise<void> {
    const text = `disconnect 0 0 ${fieldOf({ site, kind: "user", name: user })}`;
    await this.#redis.publish(this.#keys.revocationChannel, text).catch(refused);
  }
}

/** Neither a kind nor a site holds a colon. */
function fieldOf({ site, kind, name }: RevocationKey): string {
  return `${kind}:${site}:${name}`;
}

const KINDS: readonly RevocationKind[] = ["token", "session", "user", "site", "block"];

/** `undefined` where a later version wrote it. */
function parseKey(field: string): RevocationKey | undefined {
  const [, ofKind, site, name] = /^(\w+):([^:]+):(.*)$/s.exec(field) ?? [];
  const kind = KINDS.find((each) => each === ofKind);
  return kind === undefined || site === undefined || name === undefined
    ? undefined
    : { site, kind, name };
}

/** @param value `at end`, end 0: never */
function parseRevocation(field: string, value: string): Revocation | undefined {
  const key = parseKey(field);
  const [at = 0, expiresAt = 0] = value.split(" ").map(Number);
  return key && { ...key, at, ...(expiresAt > 0 && { expiresAt }) };
}

/** `type at end field`; see `lua/revocation_add.lua`. */
function parseChange(text: string): AccessChange | undefined {
  const [, type, value = "", field = ""] = /^(\w+) (\d+ \d+) (.*)$/s.exec(text) ?? [];
  const revocation = parseRevocation(field, value);
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
