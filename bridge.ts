/**
 * The bridge from Redis, inside the server: it hears what other systems PUBLISH. A payload on the message channel is handed
 * on as a notification, one on the publication channel goes to a room or a topic. Every node hears every payload;
 * `lib/ways/bridge_router.ts` has one of them route it. Next on a message's way: `lib/inbox/notify.ts`, or
 * `lib/ways/publications.ts`.
 */
import { createHash } from "node:crypto";
import { logFor } from "./lib/base/log.ts";
import { BridgeRouter } from "./lib/ways/bridge_router.ts";
import type { RoutePayload, RoutingInfo } from "./lib/ways/routing.ts";
import type { Redis } from "ioredis";
import { untilAborted } from "./lib/core/task.ts";
import { isBroadcast } from "./lib/inbox/broadcasts/audience.ts";
import type { Sendings } from "./lib/inbox/sendings.ts";
import { DEFAULT_SITE } from "./lib/base/site.ts";
import type { RedisConfig } from "./lib/engines/redis/settings.ts";
import type { RedisStorage } from "./lib/engines/storage.ts";
import type { BridgeCounters } from "./lib/ways/metrics.ts";
import { DeadEntries } from "./lib/ways/dead_entries.ts";
import { WayKeys } from "./lib/ways/redis_keys.ts";
import { HEARD_WAYS, type HeardWay } from "./lib/ways/place.ts";
import type { Publications } from "./lib/ways/publications.ts";
import { TurnLock } from "./lib/ways/turn_lock.ts";
import { connectRedis, endRedis, readyWithin } from "./lib/engines/redis/client.ts";
import { unavailable } from "./lib/engines/redis/errors.ts";
import { CodedError } from "./lib/base/errors.ts";
import { type Fields, parseObject } from "./lib/base/fields.ts";

const log = logFor("bridge");

/** How often the lock is renewed, and so how fine the router's marks are. */
const LOCK_RENEWED_EVERY_MS = 500;

/** How long the subscription waits for the lock, so that nothing is heard before somebody can route it. */
const LOCK_WAIT_MS = 10_000;

/** How soon the subscription is tried again, where the connection stands and Redis did not subscribe. */
const SUBSCRIBE_AGAIN_MS = 1000;

/** What the bridge needs of the server. */
export interface BridgeOptions {
  readonly redis: RedisConfig;
  readonly messageChannel: string;
  readonly publicationChannel: string;
  readonly counters: BridgeCounters;
}

/** Stores a payload. */
type Send = () => Promise<unknown>;

/** What takes the payloads of the two channels. */
interface BridgeTargets {
  readonly sendings: Sendings;
  readonly publications: Publications;
}

export class Bridge {
  readonly #targets: BridgeTargets;
  /** The last payload that waits for what comes before it is stored; those that come meanwhile wait for it. */
  #preparing: Promise<unknown> | undefined;
  readonly #storage: RedisStorage;
  readonly #options: BridgeOptions;
  readonly #lock: TurnLock<HeardWay>;
  readonly #dead: DeadEntries;
  readonly #router: BridgeRouter;
  readonly #notYet: string;
  /** Why the bridge does not hear what is published; `undefined` while it does. */
  #deaf: string | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(targets: BridgeTargets, storage: RedisStorage, options: BridgeOptions) {
    this.#targets = targets;
    this.#storage = storage;
    this.#options = options;
    this.#lock = new TurnLock(storage, HEARD_WAYS);
    this.#dead = new DeadEntries(storage);
    this.#router = new BridgeRouter(
      this.#lock,
      (payload, info) => this.#route(payload, info),
      options,
    );
    this.#deaf = this.#notYet = `The bridge does not hear ${options.messageChannel} yet`;
  }

  /** Why the bridge does not hear what is published; `undefined` while it does. */
  whyNotReady(): string | undefined {
    return this.#deaf;
  }

  /** Hears and routes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { redis, messageChannel, publicationChannel } = this.#options;
    const subscriber = connectRedis(redis, { name: `${redis.connectionName}-bridge` });
    subscriber.on("ready", () => void this.#hearFrom(subscriber));
    subscriber.on("message", (channel: string, payload: string) => {
      if (channel === messageChannel) this.#router.hear(payload, "bridge");
      else if (channel === publicationChannel) this.#router.hear(payload, "publications");
      else if (payload.startsWith("mark ")) this.#router.hearMark(Number(payload.split(" ")[1]));
      else void this.#router.renew(); // the lock was released, or somebody asked for a mark
    });
    // The others hear what is published while this node does not, so one of them has to go on.
    subscriber.on("close", () => {
      this.#deaf = this.#notYet;
      void this.#lock.release();
    });
    const renewal = setInterval(() => {
      if (subscriber.status === "ready") void this.#router.renew();
    }, LOCK_RENEWED_EVERY_MS);
    await untilAborted(signal);
    clearTimeout(this.#again);
    // What is published from now on is the others', who go on as soon as the lock is released.
    if (subscriber.status === "ready") {
      await subscriber.unsubscribe(messageChannel, publicationChannel).catch(() => {});
    }
    await this.#router.stop();
    clearInterval(renewal);
    await endRedis(subscriber);
  }

  async #hearFrom(subscriber: Redis): Promise<void> {
    this.#deaf = this.#notYet;
    await readyWithin(this.#storage.redis, LOCK_WAIT_MS);
    this.#router.reset();
    await this.#subscribe(subscriber);
  }

  async #subscribe(subscriber: Redis): Promise<void> {
    const { messageChannel, publicationChannel } = this.#options;
    clearTimeout(this.#again);
    await this.#router.renew();
    try {
      const { bridgeChannel } = new WayKeys(this.#storage.keys);
      await this.#requireFunctions();
      await subscriber.subscribe(bridgeChannel, messageChannel, publicationChannel);
      this.#router.noteSubscribed();
      // A payload before the first mark has no place that others know, and is routed twice if the holder ends soon.
      await this.#lock.askForMark();
      this.#deaf = undefined;
      log.info("subscribed to {channel}", { channel: messageChannel });
    } catch (error) {
      const { message, options } = error instanceof CodedError ? error : unavailable(error);
      // A connection that was lost comes back and subscribes anew. One on which Redis was busy for too long does not.
      clearTimeout(this.#again);
      if (subscriber.status === "ready") {
        this.#again = setTimeout(() => this.#subscribe(subscriber), SUBSCRIBE_AGAIN_MS);
      }
      if (options.isAway) return;
      const refusal = `Cannot subscribe to ${messageChannel}: ${message}`;
      if (refusal !== this.#deaf) log.error("{refusal}", { refusal });
      this.#deaf = refusal;
    }
  }

  /** A node that could store nothing hears nothing: PUBLISH then answers that nobody did. The engine logs why. */
  async #requireFunctions(): Promise<void> {
    await this.#storage.functions.load().catch((cause) => {
      throw new CodedError("unavailable", "Redis has no functions", { cause, isAway: true });
    });
  }

  async #route(payload: string, info: RoutingInfo): ReturnType<RoutePayload> {
    // What is wrong with a payload is found before anything else is sent, so that its refusal keeps its place in the order.
    let isSent = false;
    try {
      const prepared = this.#read(parseObject(payload, "payload"), info, payload);
      const isWaiting = prepared instanceof Promise || this.#preparing !== undefined;
      const sending = isWaiting ? (await this.#inOrder(prepared)).sending : prepared();
      isSent = true;
      await sending;
      this.#options.counters.routed.value++;
      return "done";
    } catch (error) {
      if (error instanceof CodedError && error.options.isOthers) return "others";
      if (isAway(error)) return "away";
      return await this.#refuse(payload, error, { ...info, isUnsent: !isSent });
    }
  }

  /**
   * Sends a payload once all is done that comes before it is stored, and once those before it are sent: what one sender publishes
   * on both channels keeps its order, and the next holder of the lock leaves nothing out.
   */
  async #inOrder(prepared: Send | Promise<Send>): Promise<{ readonly sending: Promise<unknown> }> {
    const own = Promise.resolve(prepared);
    const begun = Promise.allSettled([this.#preparing, own]).then(async ([before]) => {
      // What nobody could keep comes again, and this after it.
      if (before.status === "rejected" && isAway(before.reason)) throw before.reason;
      const send = await own;
      const sending = send();
      sending.catch(() => {}); // whoever is given it hears of that
      return { sending };
    });
    this.#preparing = begun;
    try {
      return await begun;
    } finally {
      if (this.#preparing === begun) this.#preparing = undefined;
    }
  }

  /** Reads a payload, and gives what stores it. Throws a `CodedError` that names the field and its value. */
  #read(
    fields: Fields,
    { way, id, isRetry, progress }: RoutingInfo,
    payload: string,
  ): Send | Promise<Send> {
    const { sendings, publications } = this.#targets;
    const claim = { way, holder: this.#lock.holder, progress };
    if (way === "publications") return publications.read(fields, { madeId: id, claim });
    const sending = sendings.parse(fields);
    const made = { id: isKept(sending) ? sharedId(progress, payload) ?? id : id, isRetry };
    return sendings.prepare(sending, { site: DEFAULT_SITE, made, claim });
  }

  /** Keeps a payload aside. Where Redis is away just now, the router comes again with it. */
  async #refuse(
    payload: string,
    error: unknown,
    { way, progress, isUnsent }: RoutingInfo & { readonly isUnsent: boolean },
  ): ReturnType<RoutePayload> {
    try {
      const { holder } = this.#lock;
      const refused = { way, payload, holder, progress, isUnsent };
      if (!await this.#dead.buryPayload(refused, error)) return "others";
    } catch {
      return "away";
    }
    this.#options.counters.refused.value++;
    log.warn("a payload was refused: {reason}", { reason: reasonOf(error, payload) });
    return "done";
  }
}

function isAway(error: unknown): boolean {
  return error instanceof CodedError && error.options.isAway === true;
}

/** Whether it may be kept in the database, where nobody notes how far the bridge has come: the next holder brings it once more. */
function isKept(sending: ReturnType<Sendings["parse"]>): boolean {
  return isBroadcast(sending) || sending.details?.kind !== undefined;
}

/** An id that all nodes make of the payload; `undefined` where its place has no name that others know. */
function sharedId(progress: string, payload: string): string | undefined {
  if (progress.startsWith("0:")) return undefined;
  const hash = createHash("sha256").update(`${progress}\n${payload}`).digest("base64url");
  return `heard-${hash.slice(0, 22)}`;
}

/** What was wrong with a payload, without the text of its message: readers of the log have no business with that. */
function reasonOf(error: unknown, payload: string): string {
  if (!(error instanceof CodedError)) return String(error);
  const { code, message, options: { field } } = error;
  if (code === "invalid_json") return `${payload.length} characters that are not JSON`;
  if (code === "invalid_frame") return "JSON, but not an object";
  return code === "invalid_field" && field === "message" ? "Field 'message' is not text" : message;
}
