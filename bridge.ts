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
import { connectRedis, readyWithin } from "./lib/engines/redis_client.ts";
import { RedisLock } from "./lib/engines/redis_lock.ts";
import { NotifyliError } from "./lib/errors.ts";
import { parseObject } from "./lib/fields.ts";
import type { Node } from "./lib/node.ts";
import { parseNotification } from "./lib/notification.ts";

const log = getLogger(["notifyli", "bridge"]);

const LOCK_RENEWED_EVERY_MS = 1000;

/** How long the ears wait for the lock, so that nothing is heard before somebody can route it. */
const LOCK_WAIT_MS = 10_000;

/** Payloads that wait while the lock is asked for; more are refused. */
const MAX_WAITING = 10_000;

/** Starts the bridge; disposing of it stops it. */
export function startBridge(node: Node, engine: RedisEngine, config: Config): AsyncDisposable {
  if (config.redis === undefined) {
    throw new TypeError("The bridge needs Redis in the configuration");
  }
  const channel = config.redis.messageChannel;
  const router = new Router(node, config, new RedisLock(engine.redis, engine.keys.bridge));

  const subscriber = connectRedis(config.redis, {
    name: `${config.bot.name}-bridge`,
    async onReady() {
      await readyWithin(engine.redis, LOCK_WAIT_MS);
      await router.renew();
      try {
        await subscriber.subscribe(channel);
        log.info("subscribed to {channel}", { channel });
      } catch {
        // The connection was lost again; it comes back here when it stands.
      }
    },
  });
  subscriber.on("message", (_channel: string, payload: string) => router.hear(payload));
  const renewal = setInterval(() => void router.renew(), LOCK_RENEWED_EVERY_MS);

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(renewal);
      subscriber.disconnect();
      await router.stop();
    },
  };
}

/** Routes what is heard while this node holds the lock. */
class Router {
  readonly #node: Node;
  readonly #config: Config;
  readonly #lock: RedisLock;
  /** Heard while it was not known who holds the lock; in order, up to `MAX_WAITING`. */
  #waiting: string[] = [];

  constructor(node: Node, config: Config, lock: RedisLock) {
    this.#node = node;
    this.#config = config;
    this.#lock = lock;
  }

  hear(payload: string): void {
    this.#node.counters.bridge_received++;
    if (this.#waiting.length === 0) {
      if (this.#lock.isHeld) return void route(this.#node, payload, this.#config);
      if (this.#lock.isOthers) return;
    }
    if (this.#waiting.length >= MAX_WAITING) return void this.#node.counters.bridge_refused++;
    if (this.#waiting.push(payload) === 1) void this.renew();
  }

  /** Keeps the lock or tries to take it, and routes what waited for that. */
  async renew(): Promise<void> {
    const before = this.#lock.isHeld;
    let held = before;
    try {
      held = await this.#lock.hold();
      if (held && !before) log.info("this node routes what is published");
    } catch (error) {
      if (!held) this.#refuseWaiting(error);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    if (!held) return;
    for (const payload of waiting) void route(this.#node, payload, this.#config);
  }

  /** Redis did not say who holds the lock: what waits for that is lost, and that is said. */
  #refuseWaiting(error: unknown): void {
    const count = this.#waiting.length;
    this.#waiting = [];
    if (count === 0) return;
    this.#node.counters.bridge_refused += count;
    const reason = error instanceof Error ? error.message : String(error);
    log.error("{count} payloads could not be routed: {reason}", { count, reason });
  }

  stop(): Promise<void> {
    return this.#lock.release();
  }
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
