/**
 * Connections to Redis that come back by themselves, with growing pauses. A command rejects if it cannot be sent, or if
 * its answer is lost with the connection: its caller has to say that nothing was accepted.
 */
import { nextTick } from "node:process";
import { getLogger } from "@logtape/logtape";
import { type Command, Redis } from "ioredis";
import { pause } from "../../base/clock.ts";
import { readPem } from "../../config/pem.ts";
import type { RedisAddress } from "./settings.ts";

const log = getLogger(["notifyli", "redis"]);

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
 * Makes a connection in the background, however long Redis is away. Throws a `ConfigError` if the file of `REDIS_TLS_CA`
 * cannot be read.
 */
export function connectRedis(config: RedisAddress, options: RedisClientOptions): Redis {
  const redis = new CorkedRedis({
    host: config.host,
    port: config.port,
    username: config.username,
    password: config.password,
    db: config.database,
    tls: config.tls ? tlsOptions(config) : undefined,
    connectionName: options.name.replaceAll(/\s/g, "-"), // CLIENT SETNAME takes no spaces
    connectTimeout: COMMAND_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    disconnectTimeout: END_WAIT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryPauseMs,
  });
  logChanges(redis, config, options.name);
  keepAwake(redis);
  return redis;
}

/**
 * Writes the commands of one turn of the event loop in one piece: a write costs more than all else of a command. The
 * piece waits for the turn's end, a tick, and not for a timer.
 */
class CorkedRedis extends Redis {
  /** The socket that waits for the end of this turn. */
  #corked: Redis["stream"] | undefined;

  override sendCommand(
    command: Command,
    stream?: Parameters<Redis["sendCommand"]>[1],
  ): unknown {
    const socket = this.stream;
    if (this.status === "ready" && socket !== this.#corked) {
      this.#corked = socket;
      socket.cork();
      nextTick(() => {
        this.#corked = undefined;
        socket.uncork();
      });
    }
    return super.sendCommand(command, stream);
  }
}

function tlsOptions({ tlsCa }: RedisAddress): { ca?: string } {
  return tlsCa === undefined ? {} : { ca: readPem("REDIS_TLS_CA", tlsCa) };
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

/** Logs one line when the connection is lost and one when it is back, but none for each try. */
function logChanges(redis: Redis, { host, port }: RedisAddress, connection: string): void {
  const named = { address: `${host}:${port}`, connection };
  let lostAt: number | undefined;
  const lost = (reason: string) => {
    if (lostAt !== undefined) return;
    lostAt = performance.now();
    log.error("Redis at {address} cannot be reached ({connection}): {reason}; trying again", {
      ...named,
      reason,
    });
  };
  redis.on("error", (error: Error) => lost(error.message || error.name));
  redis.on("reconnecting", () => lost("the connection was closed"));
  redis.on("ready", () => {
    if (lostAt === undefined) return;
    const seconds = ((performance.now() - lostAt) / 1000).toFixed(1);
    lostAt = undefined;
    log.info("Redis at {address} is back after {seconds} s ({connection})", { ...named, seconds });
  });
}
