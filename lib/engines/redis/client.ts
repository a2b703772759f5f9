/**
 * Connections to Redis that come back by themselves, with growing pauses. A command rejects if it cannot be sent, or if
 * its answer is lost with the connection or does not come in time: then its caller has to say that it does not know
 * (`errors.ts`).
 */
import { nextTick } from "node:process";
import { logFor } from "../../base/log.ts";
import { type Command, Redis } from "ioredis";
import { pause } from "../../base/clock.ts";
import { placeOf, type RedisAddress } from "./address.ts";
import { AnswerDeadline } from "./answer_deadline.ts";
import { connectorTo } from "./connector.ts";
import { plainReason } from "./errors.ts";
import { flawOf, type RedisInfo } from "./flaws.ts";
import { tlsOptions } from "./tls_files.ts";

const log = logFor("redis");

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const COMMAND_TIMEOUT_MS = 5000;

/** How long Redis has to close its end of a connection that ends. */
const END_WAIT_MS = 500;

export interface RedisClientOptions {
  /** The name of the connection in Redis' `CLIENT LIST`. */
  readonly name: string;
}

/**
 * Makes a connection in the background, however long Redis is away. Throws a `ConfigError` if a file of `REDIS_TLS_CA`,
 * `REDIS_TLS_CERT` or `REDIS_TLS_KEY` cannot be read.
 */
export function connectRedis(config: RedisAddress, options: RedisClientOptions): Redis {
  const { host, port, path } = config;
  const tls = tlsOptions(config);
  const disconnectTimeout = END_WAIT_MS;
  const redis: CheckedRedis = new CheckedRedis({
    Connector: connectorTo(
      { host, port, path, tls, disconnectTimeout },
      (info) => redis.judge(info),
    ),
    username: config.username,
    password: config.password,
    db: config.database,
    tls,
    connectionName: options.name.replaceAll(/\s/g, "-"), // CLIENT SETNAME takes no spaces
    connectTimeout: COMMAND_TIMEOUT_MS,
    disconnectTimeout,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryPauseMs,
    // A primary that became a replica: whatever leads to the new primary is asked anew.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  logChanges(redis, config, options.name);
  keepAwake(redis);
  return redis;
}

/** Why the Redis at the other end cannot be used, although it answers; `undefined` if it can, or does not answer. */
export function whyUnfit(redis: Redis): string | undefined {
  return redis instanceof CheckedRedis ? redis.flaw : undefined;
}

/** Which start of which server a connection leads to; `undefined` before it is made, or where Redis does not tell. */
export function runOf(redis: Redis): string | undefined {
  return redis instanceof CheckedRedis ? redis.run : undefined;
}

/**
 * Uses no Redis that cannot be used (`flaws.ts`), nor another database than the one that was asked for. It writes the
 * commands of one turn of the event loop in one piece: a write costs more than all else of a command. The piece waits
 * for the turn's end, a tick, and not for a timer.
 */
class CheckedRedis extends Redis {
  flaw: string | undefined;
  run: string | undefined;
  /** The error by which Redis refused the database that was asked for. */
  databaseError: Error | undefined;
  /** The socket that waits for the end of this turn. */
  #corked: Redis["stream"] | undefined;
  readonly #deadline = new AnswerDeadline(this, COMMAND_TIMEOUT_MS);

  /** Says whether the Redis that answers can be used. */
  judge(info: RedisInfo): boolean {
    this.run = info["run_id"];
    this.flaw = flawOf(info) ?? this.#databaseFlaw;
    return this.flaw === undefined;
  }

  override sendCommand(
    command: Command,
    stream?: Parameters<Redis["sendCommand"]>[1],
  ): unknown {
    if (command.name === "select") this.#noteSelect(command);
    const socket = this.stream;
    if (this.status === "ready" && socket !== this.#corked) {
      this.#corked = socket;
      socket.cork();
      nextTick(() => {
        this.#corked = undefined;
        socket.uncork();
      });
    }
    const answer = super.sendCommand(command, stream);
    if (!command.isSettled) this.#deadline.add(command);
    return answer;
  }

  /** ioredis would go on with database 0, which may be another program's. */
  #noteSelect(command: Command): void {
    this.databaseError = undefined;
    Promise.resolve(command.promise).catch((error) => this.databaseError = error);
  }

  get #databaseFlaw(): string | undefined {
    if (this.databaseError === undefined) return undefined;
    return `it does not give database ${this.options.db} (${plainReason(this.databaseError)})`;
  }
}

/** Pings Redis, so that a Redis that vanished without a word (a cut network, a moved one) is noticed. */
function keepAwake(redis: Redis): void {
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  const beat = () =>
    void redis.ping().catch(() => {
      if (redis.status === "ready") redis.disconnect(true); // otherwise the connection has ended already
    });
  redis.on("ready", () => {
    clearInterval(heartbeat);
    heartbeat = setInterval(beat, COMMAND_TIMEOUT_MS);
  });
  redis.on("close", () => clearInterval(heartbeat));
}

/** Milliseconds to wait before try number `times`, from 1: they double, with jitter. */
function retryPauseMs(times: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
  return longest / 2 + Math.random() * longest / 2;
}

/** Resolves when the connection is made, or after `ms`. */
export async function readyWithin(redis: Redis, ms: number): Promise<void> {
  if (redis.status === "ready") return;
  const ready = new AbortController();
  const onReady = () => ready.abort();
  redis.once("ready", onReady);
  await pause(ms, ready.signal);
  redis.off("ready", onReady);
}

/** Ends a connection. Resolves when nothing of it is left; a Redis that does not answer is not waited for for long. */
export async function endRedis(redis: Redis): Promise<void> {
  const isOpen = ["connecting", "connect", "ready"].includes(redis.status);
  const ended = new AbortController();
  redis.once("end", () => ended.abort());
  redis.disconnect();
  if (isOpen) await pause(2 * END_WAIT_MS, ended.signal);
}

/** What was logged last of a Redis that cannot be used: all connections to one address find the same. */
const TOLD = new WeakMap<RedisAddress, string>();

/** Logs one line when the connection is lost and one when it is back, but none for each try. */
function logChanges(redis: CheckedRedis, config: RedisAddress, connection: string): void {
  const named = { address: placeOf(config), connection };
  let lostAt: number | undefined;
  const lost = (reason: string) => {
    if (lostAt !== undefined) return;
    lostAt = performance.now();
    log.error("Redis at {address} cannot be reached ({connection}): {reason}; trying again", {
      ...named,
      reason,
    });
  };
  const unfit = (flaw: string) => {
    lostAt ??= performance.now();
    if (TOLD.get(config) === flaw) return;
    TOLD.set(config, flaw);
    log.error("Cannot use the Redis at {address}: {flaw}; trying again", { ...named, flaw });
  };
  redis.on("error", (error: Error) => {
    // A refused database is told as soon as all is known of that Redis.
    if (error !== redis.databaseError) lost(plainReason(error));
  });
  redis.on("close", () => redis.flaw === undefined || unfit(redis.flaw));
  redis.on("reconnecting", () => lost("the connection was closed"));
  redis.on("ready", () => {
    TOLD.delete(config);
    if (lostAt === undefined) return;
    const seconds = ((performance.now() - lostAt) / 1000).toFixed(1);
    lostAt = undefined;
    log.info("Redis at {address} is back after {seconds} s ({connection})", { ...named, seconds });
  });
}
