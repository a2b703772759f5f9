/**
 * Connections to Redis that come back by themselves, with growing pauses. A command that cannot be sent, or whose
 * answer is lost with the connection, rejects: it is for the caller to say that nothing was accepted.
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

export interface RedisClientOptions {
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  /** Called each time the connection stands, the first time too. */
  readonly onReady?: () => void;
}

/**
 * Opens a connection; it is made in the background, however long Redis is away. Throws a `ConfigError` where the file of
 * `REDIS_TLS_CA` cannot be read.
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
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryPauseMs,
  });
  logChanges(redis, config, options);
  keepAwake(redis);
  return redis;
}

/**
 * Writes what one turn of the event loop says in one piece: a write of its own costs more than all else of a command. It
 * waits for no timer: the turn's end is a tick.
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

/** A peer that vanished without a word (a cut network, a moved Redis) is noticed by a ping that gets no answer. */
function keepAwake(redis: Redis): void {
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  const beat = () =>
    void redis.ping().catch(() => {
      if (redis.status === "ready") redis.disconnect(true); // else the connection has ended meanwhile
    });
  redis.on("ready", () => {
    clearInterval(heartbeat);
    heartbeat = setInterval(beat, COMMAND_TIMEOUT_MS);
  });
  redis.on("close", () => clearInterval(heartbeat));
}

/** Milliseconds to wait before try number `times`, counted from 1: doubling, with jitter. */
export function retryPauseMs(times: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
  return longest / 2 + Math.random() * longest / 2;
}

/** Resolves when the connection stands, or after `ms` if it does not. */
export async function readyWithin(redis: Redis, ms: number): Promise<void> {
  if (redis.status === "ready") return;
  const ready = new AbortController();
  const onReady = () => ready.abort();
  redis.once("ready", onReady);
  await pause(ms, ready.signal);
  redis.off("ready", onReady);
}

/** One line when the connection is lost, and one when it is back; not one a try. */
function logChanges(
  redis: Redis,
  { host, port }: RedisAddress,
  { name, onReady }: RedisClientOptions,
): void {
  const address = `${host}:${port}`;
  let lostAt: number | undefined;
  const lost = (reason: string) => {
    if (lostAt !== undefined) return;
    lostAt = performance.now();
    log.error("Redis at {address} cannot be reached ({connection}): {reason}; trying again", {
      address,
      connection: name,
      reason,
    });
  };
  redis.on("error", (error: Error) => lost(error.message || error.name));
  redis.on("reconnecting", () => lost("the connection was closed"));
  redis.on("ready", () => {
    const away = lostAt;
    lostAt = undefined;
    if (away !== undefined) {
      const seconds = ((performance.now() - away) / 1000).toFixed(1);
      log.info("Redis at {address} is back after {seconds} s ({connection})", {
        address,
        connection: name,
        seconds,
      });
    }
    onReady?.();
  });
}
