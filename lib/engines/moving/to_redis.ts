/**
 * Writes the groups of moves into Redis. Each is one transaction, so a run that is killed has written each of them whole or not at all,
 * and the next run writes the same again.
 */
import type { Redis } from "ioredis";
import type { Group, Move, MoveSource, MoveTarget, Put } from "./move.ts";

/** Most values of one command. */
const VALUES = 1000;

/** Most commands that wait for their answers. */
const COMMANDS = 500;

export interface Moved {
  readonly noun: string;
  /** How many there were in the store. */
  readonly before: number;
  /** How many of those are in Redis now. */
  readonly after: number;
  /** How many groups were left as they were, since Redis had the same thing before. */
  readonly kept: number;
}

export interface RedisMoving {
  readonly redis: Redis;
  readonly source: MoveSource;
  readonly target: MoveTarget;
  /** Whether Redis had nothing before the first run, so that all that is there is of an earlier run. */
  readonly isFresh: boolean;
  progress?(noun: string, count: number): void;
}

/** Moves one kind of thing, and counts in Redis what came of it. */
export async function moveToRedis(move: Move, moving: RedisMoving): Promise<Moved> {
  const { source, target, redis, isFresh, progress } = moving;
  const before = move.count(source, target);
  let [after, kept] = [0, 0];
  for (const group of move.groups(source, target)) {
    if (await isKept(group, moving)) {
      kept++;
      continue;
    }
    await write(redis, group, isFresh);
    after += await countIn(redis, group);
    progress?.(move.noun, after);
  }
  return { noun: move.noun, before, after, kept };
}

/** Whether a thing was in Redis before, and stays as it is. */
async function isKept({ kind, puts }: Group, { redis, isFresh }: RedisMoving): Promise<boolean> {
  const [first] = puts;
  if (isFresh || kind === "shared" || first === undefined) return false;
  return await redis.exists(first.key) === 1;
}

async function write(redis: Redis, { kind, puts }: Group, isFresh: boolean): Promise<void> {
  const transaction = redis.multi();
  for (const put of puts) {
    if (kind === "whole") transaction.del(put.key);
    for (const [command, ...args] of commandsOf(put, kind === "shared" && !isFresh)) {
      transaction.call(command, ...args);
    }
    if (put.endsAt !== undefined) transaction.pexpireat(put.key, Math.ceil(put.endsAt));
  }
  const results = await transaction.exec();
  for (const [error] of results ?? []) if (error !== null) throw error;
}

/** @param keeps whether what is there already stays */
function* commandsOf(put: Put, keeps: boolean): Generator<[command: string, ...string[]]> {
  const { key } = put;
  switch (put.type) {
    case "string":
      return yield keeps ? ["SET", key, put.value, "NX"] : ["SET", key, put.value];
    case "hash":
      if (!keeps) {
        return yield* inParts(put.fields.flat(), (part) => ["HSET", key, ...part]);
      }
      for (const [field, value] of put.fields) yield ["HSETNX", key, field, value];
      return;
    case "zset": {
      const values = put.members.flatMap(([member, score]) => [String(score), member]);
      return yield* inParts(values, (part) => ["ZADD", key, ...(keeps ? ["NX"] : []), ...part]);
    }
    case "stream":
      for (const [id, fields] of put.entries) yield ["XADD", key, id, ...fields];
  }
}

function* inParts<T>(
  values: readonly string[],
  command: (part: readonly string[]) => T,
): Generator<T> {
  for (let at = 0; at < values.length; at += VALUES) yield command(values.slice(at, at + VALUES));
}

/** How many of the group's things are in Redis. */
async function countIn(redis: Redis, { puts }: Group): Promise<number> {
  let count = 0;
  for (const put of puts) {
    if (put.isCounted) count += await countOf(redis, put);
  }
  return count;
}

async function countOf(redis: Redis, put: Put): Promise<number> {
  const { key } = put;
  switch (put.type) {
    case "string":
      return await redis.exists(key);
    case "stream":
      return await redis.xlen(key);
    case "hash":
      return await countFound(
        put.fields.map(([field]) => field),
        (part) => redis.hmget(key, ...part),
      );
    case "zset":
      return await countFound(
        put.members.map(([member]) => member),
        (part) => redis.zmscore(key, ...part),
      );
  }
}

/** Of those that were put, how many there are: others may be in the same key. */
async function countFound(
  names: readonly string[],
  ask: (part: string[]) => Promise<(string | null)[]>,
): Promise<number> {
  let found = 0;
  for (let at = 0; at < names.length; at += COMMANDS) {
    const answers = await ask(names.slice(at, at + COMMANDS));
    found += answers.filter((each) => each !== null).length;
  }
  return found;
}
