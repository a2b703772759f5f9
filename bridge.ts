/**
 * The bridge from Redis: hears what other systems PUBLISH on the message channel (seed 000) and hands it to the
 * node as a notification. It runs inside the server. Every node hears every message; the one that holds the
 * bridge's lock routes it, and when that one is gone another takes over within seconds.
 * Next on a message's way: `lib/node.ts`, `notify`.
 */
import { getLogger } from "@logtape/logtape";
import type { Config } from "./lib/config.ts";
import { DEFAULT_SITE } from "./lib/engine.ts";
import type { RedisEngine } from "./lib/engines/redis.ts";
import { connectRedis } from "./lib/engines/redis_client.ts";
import { run, SCRIPTS } from "./lib/engines/redis_scripts.ts";
import { NotifyliError } from "./lib/errors.ts";
import { parseObject } from "./lib/fields.ts";
import type { Node } from "./lib/node.ts";
import { parseNotification } from "./lib/notification.ts";

const log = getLogger(["notifyli", "bridge"]);

/** The lock outlives its holder by no more than this. */
const LOCK_MS = 3000;
const LOCK_RENEWED_EVERY_MS = 1000;

/** Starts the bridge; disposing of it stops it. */
export function startBridge(node: Node, engine: RedisEngine, config: Config): AsyncDisposable {
  if (config.redis === undefined) throw new TypeError("The bridge needs Redis in the configuration");
  const channel = config.redis.messageChannel;
  const lock = new Lock(engine);

  const subscriber = connectRedis(config.redis, {
    name: `${config.bot.name}-bridge`,
    async onReady() {
      // First the lock, then the ears: what comes in between would be heard by nobody.
      await lock.hold();
      try {
        await subscriber.subscribe(channel);
        log.info("subscribed to {channel}", { channel });
      } catch {
        // The connection was lost again; it comes back here when it stands.
      }
    },
  });
  subscriber.on("message", (_channel: string, payload: string) => {
    node.counters.bridge_received++;
    if (lock.held) void route(node, payload, config);
  });
  const renewal = setInterval(() => void lock.hold(), LOCK_RENEWED_EVERY_MS);

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(renewal);
      subscriber.disconnect();
      await lock.release();
    },
  };
}

async function route(node: Node, payload: string, config: Config): Promise<void> {
  try {
    const notification = parseNotification(parseObject(payload, "payload"), {
      limits: config.limits,
      defaultRoom: config.bot.room,
    });
    await node.notify({ site: DEFAULT_SITE, ...notification });
    node.counters.bridge_routed++;
  } catch (error) {
    node.counters.bridge_refused++;
    log.warn("a payload was refused: {reason}", { reason: reasonOf(error, payload) });
  }
}

/** What was wrong, without the text of a message: that is nobody's business who reads the log. */
function reasonOf(error: unknown, payload: string): string {
  if (!(error instanceof NotifyliError)) return String(error);
  const { code, message, options: { field } } = error;
  if (code === "invalid_json") return `${payload.length} characters that are not JSON`;
  if (code === "invalid_frame") return "JSON, but not an object";
  return code === "invalid_field" && field === "message" ? "Field 'message' is not text" : message;
}

class Lock {
  readonly #id = crypto.randomUUID();
  readonly #engine: RedisEngine;
  #heldUntil = 0;

  constructor(engine: RedisEngine) {
    this.#engine = engine;
  }

  get held(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** Takes the lock if it is free, or keeps it. */
  async hold(): Promise<void> {
    const asked = performance.now();
    const { redis, keys } = this.#engine;
    const held = await run(redis, SCRIPTS.lockHold, [keys.bridge], [this.#id, LOCK_MS])
      .catch(() => 0); // Redis is away, and says so itself; the lock ends by itself
    if (held === 1 && !this.held) log.info("this node routes what is published");
    if (held === 1) this.#heldUntil = asked + LOCK_MS;
  }

  async release(): Promise<void> {
    this.#heldUntil = 0;
    const { redis, keys } = this.#engine;
    await run(redis, SCRIPTS.lockRelease, [keys.bridge], [this.#id]).catch(() => {}); // as above
  }
}
