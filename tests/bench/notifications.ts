/** What the rows of notifications have in common: what they are stored in, and loads that run in turn. */
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import type { HttpFigures, HttpLoad, HttpSlice } from "./loads/http_notify.ts";
import { type Bench, type Check, type Detail, digits } from "./row.ts";
import { median, SlicedLoad } from "./run_load.ts";
import { type ListenerName, type Notifyli, startNotifyliWithApiKey } from "./servers.ts";

/** Where it is stored: one node alone, or as many nodes have it. */
export const STORES = ["embedded", "Redis + PostgreSQL"] as const;
export type StoreName = typeof STORES[number];

export type NotifyingServer = Notifyli & { readonly apiKey: string };

/**
 * A server with its own stores, which end with it; PostgreSQL syncs what it commits.
 *
 * @param scope of its key
 * @param env settings beside those of its stores
 */
export async function startStoring(
  listener: ListenerName,
  store: StoreName,
  scope = "publish",
  env: Readonly<Record<string, string>> = {},
): Promise<NotifyingServer> {
  await using parts = new AsyncDisposableStack();
  const isMany = store !== "embedded";
  const redis = isMany ? parts.use(await RedisServer.start()) : undefined;
  const postgres = isMany ? parts.use(await PostgresServer.start({ isSynced: true })) : undefined;
  const server = parts.use(
    await startNotifyliWithApiKey({ listener, redis, env: { ...env, ...postgres?.env } }, scope),
  );
  const owned = parts.move();
  return { ...server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Asks the HTTP API of a server; rejects where it refuses. */
export async function call(
  { ports, apiKey }: NotifyingServer,
  method: "GET" | "POST" | "PUT",
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${ports[0]}/api${path}`, {
    method,
    headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

/** Calls that are on their way at once, where there are many to be made first. */
const PREPARING = 32;

/** Does it for users from 1 on. */
export async function forEachUser(
  users: number,
  work: (user: number) => Promise<unknown>,
): Promise<void> {
  let next = 1;
  await Promise.all(Array.from({ length: PREPARING }, async () => {
    while (next <= users) await work(next++);
  }));
}

/** A kind of notification to a kind of user, which is measured beside others. */
export interface Side {
  readonly name: string;
  readonly fields: NonNullable<HttpLoad["fields"]>;
  /** Settings of its server. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is there before the first notification. */
  prepare?(server: NotifyingServer): Promise<void>;
}

export interface SideSeen {
  readonly name: string;
  readonly figures: HttpFigures;
  /** Server CPU of a notification, for each of the first side's; the median of the turns. */
  readonly cpuRatio: number;
  /** The same of what was accepted in a time. */
  readonly rateRatio: number;
}

const CONNECTIONS = 64;
/** Short, so that what else the machine does touches all sides alike. */
const SLICE_SECONDS = 0.5;
/** Those who get them in turn. */
export const USERS = 1000;

/**
 * All sides are there at once, each on a server of its own, and have the load for half a second in turn. Each round has new
 * servers: two that do the same may differ by a fifth for as long as they run.
 */
export async function besideEachOther(
  bench: Bench,
  setup: { readonly listener: ListenerName; readonly store: StoreName },
  sides: readonly Side[],
): Promise<SideSeen[]> {
  const rounds: RoundSeen[][] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const seen = await oneRound(bench.seconds, setup, sides);
    rounds.push(seen);
    const costs = seen.map(({ slices }) => `${digits(median(slices.map(cpuOf), same))} µs`);
    const { listener, store } = setup;
    bench.progress(
      `${listener}, ${store}: ${costs.join(", ")} (round ${round} of ${bench.rounds})`,
    );
  }
  return sides.map(({ name }, side) => {
    const ratio = (by: (slice: HttpSlice) => number) =>
      median(
        rounds.flatMap((round) =>
          round[side]!.slices.map((slice, turn) => by(slice) / by(round[0]!.slices[turn]!))
        ),
        same,
      );
    return {
      name,
      figures: {
        ...median(rounds.map((round) => round[side]!.figures), ({ cpuEach }) => cpuEach),
        refused: rounds.reduce((sum, round) => sum + round[side]!.figures.refused, 0),
      },
      cpuRatio: ratio(cpuOf),
      rateRatio: ratio(({ acceptedPerSecond }) => acceptedPerSecond),
    };
  });
}

interface RoundSeen {
  readonly slices: readonly HttpSlice[];
  readonly figures: HttpFigures;
}

async function oneRound(
  seconds: number,
  { listener, store }: { readonly listener: ListenerName; readonly store: StoreName },
  sides: readonly Side[],
): Promise<RoundSeen[]> {
  await using open = new AsyncDisposableStack();
  const loads: { load: SlicedLoad<HttpSlice>; slices: HttpSlice[] }[] = [];
  for (const { fields, env, prepare } of sides) {
    const server = open.use(await startStoring(listener, store, "publish,manage", env));
    await prepare?.(server);
    const load = open.use(
      await SlicedLoad.start<HttpLoad, HttpSlice>("http_notify", {
        port: server.ports[0]!,
        ...{ pids: server.pids, apiKey: server.apiKey, fields },
        ...{ connections: CONNECTIONS, users: USERS, seconds: SLICE_SECONDS, isSliced: true },
      }),
    );
    loads.push({ load, slices: [] });
  }
  const turns = Math.ceil(seconds / SLICE_SECONDS);
  for (let turn = 0; turn <= turns; turn++) {
    // There and back again, so that none always comes after the same one.
    for (const { load, slices } of turn % 2 === 0 ? loads : loads.toReversed()) {
      const slice = await load.slice();
      if (turn > 0) slices.push(slice); // in the first one, all is new to the server
    }
  }
  const seen: RoundSeen[] = [];
  for (const { load, slices } of loads) {
    seen.push({ slices, figures: await load.end<HttpFigures>() });
  }
  return seen;
}

function cpuOf({ cpuEach }: HttpSlice): number {
  return cpuEach;
}

function same(value: number): number {
  return value;
}

/** That nothing was refused on any side. */
export function noneRefused(seen: readonly SideSeen[]): Check {
  const refused = seen.reduce((sum, { figures }) => sum + figures.refused, 0);
  return { what: "refused", value: refused, target: 0, is: "at most", unit: "in all" };
}

export function sideDetail(where: string, { name, figures: of, cpuRatio }: SideSeen): Detail {
  return {
    "server": where,
    "what": name,
    "accepted/s": digits(of.acceptedPerSecond),
    "server CPU µs each": digits(of.cpuEach),
    "to the first": `${digits(cpuRatio)} times`,
    "p50 ms": digits(of.p50Ms),
    "p99 ms": digits(of.p99Ms),
    "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
  };
}
