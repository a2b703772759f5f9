/**
 * The bridge from Redis: hears what other systems PUBLISH on the message channel (seed 000) and hands it to the
 * node as a notification. It runs inside the server. Every node hears every message; `lib/ways/bridge_router.ts` sees to it
 * that one of them routes it. Next on a message's way: `lib/core/node.ts`, `notify`.
 */
import { getLogger } from "@logtape/logtape";
import { BridgeRouter, type Route, type Routing } from "./lib/ways/bridge_router.ts";
import type { Config } from "./lib/config/config.ts";
import { DEFAULT_SITE } from "./lib/base/site.ts";
import type { RedisEngine } from "./lib/engines/redis.ts";
import { TurnLock } from "./lib/ways/turn_lock.ts";
import { connectRedis, readyWithin, unavailable } from "./lib/engines/redis/client.ts";
import { CodedError } from "./lib/base/errors.ts";
import { parseObject } from "./lib/base/fields.ts";
import type { Node } from "./lib/core/node.ts";
import { parseNotification } from "./lib/inbox/notification.ts";

const log = getLogger(["notifyli", "bridge"]);

/** Twice a second: also how fine the router's marks are. */
const LOCK_RENEWED_EVERY_MS = 500;

/** How long the ears wait for the lock, so that nothing is heard before somebody can route it. */
const LOCK_WAIT_MS = 10_000;

/** How soon it is tried again, where the connection stands and Redis did not do it. */
const SUBSCRIBE_AGAIN_MS = 1000;

/** Starts the bridge; disposing of it stops it. */
export function startBridge(node: Node, engine: RedisEngine, config: Config): AsyncDisposable {
  if (config.redis === undefined) {
    throw new TypeError("The bridge needs Redis in the configuration");
  }
  const { messageChannel } = config.redis;
  const { redis, keys } = engine;
  const lock = new TurnLock(redis, keys, "bridge");
  const router = new BridgeRouter(
    lock,
    (payload, routing) => route(node, payload, { ...routing, config, holder: lock.holder }),
    node.counters,
  );
  const notYet = `The bridge does not hear ${messageChannel} yet`;
  /** Why it does not hear what is published. */
  let deaf: string | undefined = notYet;
  node.addReadinessCheck(() => deaf);
  let again: ReturnType<typeof setTimeout> | undefined;

  const subscriber = connectRedis(config.redis, {
    name: `${config.bot.name}-bridge`,
    async onReady() {
      deaf = notYet;
      await readyWithin(redis, LOCK_WAIT_MS);
      router.reset();
      await subscribe();
    },
  });

  async function subscribe(): Promise<void> {
    clearTimeout(again);
    await router.renew();
    try {
      await subscriber.subscribe(keys.bridgeChannel, messageChannel);
      // What comes before the first mark has no place that others know, and is routed twice if the holder ends soon.
      await lock.askForMark();
      deaf = undefined;
      log.info("subscribed to {channel}", { channel: messageChannel });
    } catch (error) {
      const { message, options } = unavailable(error);
      // Where the connection was lost, it comes back here; where Redis was busy for too long, it does not.
      clearTimeout(again);
      if (subscriber.status === "ready") again = setTimeout(subscribe, SUBSCRIBE_AGAIN_MS);
      if (options.isAway) return;
      const refusal = `Cannot subscribe to ${messageChannel}: ${message}`;
      if (refusal !== deaf) log.error("{refusal}", { refusal });
      deaf = refusal;
    }
  }

  subscriber.on("message", (channel: string, payload: string) => {
    if (channel === messageChannel) router.hear(payload);
    else if (payload.startsWith("mark ")) router.hearMark(Number(payload.split(" ")[1]));
    else void router.renew(); // the lock was released, or somebody waits for a mark
  });
  // What is published while this node is deaf is heard by the others: let one of them go on.
  subscriber.on("close", () => {
    deaf = notYet;
    void lock.release();
  });
  const renewal = setInterval(() => {
    if (subscriber.status === "ready") void router.renew();
  }, LOCK_RENEWED_EVERY_MS);

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(renewal);
      clearTimeout(again);
      await router.stop();
      subscriber.disconnect();
    },
  };
}

interface Attempt extends Routing {
  readonly config: Config;
  /** Who must hold the lock when it is stored. */
  readonly holder: string;
}

async function route(
  node: Node,
  payload: string,
  { config, holder, progress, id, isRetry }: Attempt,
): ReturnType<Route> {
  try {
    const notification = parseNotification(parseObject(payload, "payload"), {
      limits: config.limits,
      defaultRoom: config.bot.room,
    });
    await node.notify({
      site: DEFAULT_SITE,
      ...notification,
      made: { id, isRetry },
      claim: { way: "bridge", holder, progress },
    });
    node.counters.bridge_routed++;
    return "done";
  } catch (error) {
    if (error instanceof CodedError && error.options.isOthers) return "others";
    if (error instanceof CodedError && error.options.isAway) return "away";
    node.counters.bridge_refused++;
    log.warn("a payload was refused: {reason}", { reason: reasonOf(error, payload) });
    return "done";
  }
}

/** What was wrong, without the text of a message: that is nobody's business who reads the log. */
function reasonOf(error: unknown, payload: string): string {
  if (!(error instanceof CodedError)) return String(error);
  const { code, message, options: { field } } = error;
  if (code === "invalid_json") return `${payload.length} characters that are not JSON`;
  if (code === "invalid_frame") return "JSON, but not an object";
  return code === "invalid_field" && field === "message" ? "Field 'message' is not text" : message;
}
