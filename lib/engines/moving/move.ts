/**
 * How what a capability keeps in the embedded store comes to Redis, when a server grows. Each capability says it of its own tables;
 * `to_redis.ts` does it, and `to_postgres.ts` moves the tables of the database, which need no words of their own.
 */
import type { Slice } from "../../config/slice.ts";
import type { Row } from "../sqlite/statement.ts";
import type { RedisKeys } from "../redis/keys.ts";

/** Reads the embedded store, which nobody writes to meanwhile. */
export interface MoveSource {
  rows(sql: string, ...values: (string | number | null)[]): Row[];
}

export interface MoveTarget {
  /** The names of the keys. */
  readonly keys: RedisKeys;
  /** Unix time in milliseconds. */
  readonly now: number;
  /** The config that a slice of the settings makes. */
  of<Config>(slice: Slice<Config>): Config;
}

/** A key of Redis with all that it gets. */
export type Put =
  & {
    readonly key: string;
    /** When the key goes, Unix time in milliseconds; absent for never. */
    readonly endsAt?: number | undefined;
    /** Whether what it gets are the things that are counted. */
    readonly isCounted?: boolean;
  }
  & (
    | { readonly type: "string"; readonly value: string }
    | { readonly type: "hash"; readonly fields: readonly (readonly [string, string])[] }
    | { readonly type: "zset"; readonly members: readonly (readonly [string, number])[] }
    /** Ids rise. */
    | {
      readonly type: "stream";
      readonly entries: readonly (readonly [id: string, fields: readonly string[]])[];
    }
  );

/** What is written in one step: all of it or nothing. */
export interface Group {
  /** "whole": these keys are of one thing, such as an inbox, and have nothing else; "shared": others have a part in them. */
  readonly kind: "whole" | "shared";
  /** The first one is there where the thing is. */
  readonly puts: readonly Put[];
}

/** One kind of thing. */
export interface Move {
  /** What is counted, in the plural, such as "notifications". */
  readonly noun: string;
  /** The tables that it takes care of: those of the embedded store, not those of the database. */
  readonly tables: readonly string[];
  /** How many things there are. */
  count(source: MoveSource, target: MoveTarget): number;
  groups(source: MoveSource, target: MoveTarget): Iterable<Group>;
}

/** Tables that nothing is moved of, each with the reason. */
export type NotMoved = Readonly<Record<string, string>>;

/** A table that cannot be read, and that is made of another one in PostgreSQL. */
export interface Remade {
  readonly table: string;
  /** What it is made of: a query of SQLite. */
  readonly from: string;
  /** The statement that makes its row; `undefined` where there is none. */
  statement(row: Row): { readonly sql: string; readonly values: readonly string[] } | undefined;
}

/** What a capability says of how its things are moved. */
export interface Moving {
  /** They are loaded only where something is moved. */
  moves?(): Promise<readonly Move[]>;
  readonly notMoved?: NotMoved;
  readonly remade?: readonly Remade[];
  /** Tables of the database that a start fills by itself, so that they may have rows where there is nothing of users yet. */
  readonly madeAtStart?: readonly string[];
}

/** The single number that a query answers. */
export function numberIn(source: MoveSource, sql: string, ...values: number[]): number {
  return Number(Object.values(source.rows(sql, ...values)[0] ?? {})[0] ?? 0);
}

/** Most ids of entries that are made of one number. */
export function entryId(place: number): string {
  return `${place}-0`;
}
