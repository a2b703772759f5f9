/** Notifications by HTTP, each stored before it is answered; the user is offline, the inbox full after a while. */
import type { HttpFigures, HttpLoad } from "../loads/http_notify.ts";
import { RedisServer } from "../../support/redis.ts";
import { type Bench, digits, type Outcome, type Row } from "../row.ts";
import { median, runLoad } from "../run_load.ts";
import { type ListenerName, startNotifyliWithApiKey } from "../servers.ts";

const CONNECTIONS = 64;
const LISTENERS: readonly ListenerName[] = ["deno", "node"];

export const httpEmbedded: Row = {
  name: "http-embedded",
  question: "HTTP notification stored for an offline user, 64 connections, embedded store",
  measure: (bench) => measure(bench, "embedded", 10_000),
};

export const httpRedis: Row = {
  name: "http-redis",
  question: "HTTP notification stored for an offline user, 64 connections, Redis",
  measure: (bench) => measure(bench, "redis", 8000),
};

/** The better listener counts. */
async function measure(
  bench: Bench,
  engine: "embedded" | "redis",
  target: number,
): Promise<Outcome> {
  const seen: (HttpFigures & { readonly listener: ListenerName })[] = [];
  for (const listener of LISTENERS) {
    const rounds: HttpFigures[] = [];
    for (let round = 1; round <= bench.rounds; round++) {
      const figures = await once(bench, listener, engine);
      rounds.push(figures);
      bench.progress(
        `${listener} listener: ${digits(figures.acceptedPerSecond)}/s, ` +
          `${digits(figures.cpuEach)} µs each (round ${round} of ${bench.rounds})`,
      );
    }
    seen.push({ listener, ...median(rounds, ({ cpuEach }) => cpuEach) });
  }
  return {
    checks: [
      {
        what: "accepted a second",
        value: Math.max(...seen.map(({ acceptedPerSecond }) => acceptedPerSecond)),
        target,
        is: "at least",
        unit: "/s",
      },
      {
        what: "refused",
        value: seen.reduce((sum, { refused }) => sum + refused, 0),
        target: 0,
        is: "at most",
        unit: "in all",
      },
    ],
    details: seen.map((of) => ({
      "server": `${of.listener} listener`,
      "accepted/s": digits(of.acceptedPerSecond),
      "server CPU µs each": digits(of.cpuEach),
      "p50 ms": digits(of.p50Ms),
      "p99 ms": digits(of.p99Ms),
      "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
    })),
  };
}

async function once(
  bench: Bench,
  listener: ListenerName,
  engine: "embedded" | "redis",
): Promise<HttpFigures> {
  await using redis = engine === "redis" ? await RedisServer.start() : undefined;
  await using server = await startNotifyliWithApiKey({ listener, redis });
  return await runLoad<HttpLoad, HttpFigures>("http_notify", {
    port: server.ports[0]!,
    pids: server.pids,
    apiKey: server.apiKey,
    connections: CONNECTIONS,
    seconds: bench.seconds,
  });
}
