/** What an event costs that one of many clients watches for: filters are looked up, and not gone through. */
import type { TopicsFigures, TopicsLoad } from "../loads/topics.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median, runLoad } from "../run_load.ts";
import { type ListenerName, startNotifyliWithApiKey } from "../servers.ts";

/** Connections, whether they watch anything or not: idle ones cost the server something, too. */
const CLIENTS = 10_000;
const FEW = 10;
/** So few that hardly ever two events go out to one client together, which is cheaper the fewer clients there are. */
const PUBLISHERS = 4;
const LISTENERS: readonly ListenerName[] = ["deno", "node"];

interface Seen extends TopicsFigures {
  readonly listener: ListenerName;
  readonly watching: number;
}

export const topics: Row = {
  name: "topics",
  question:
    "An event of a topic by HTTP, while 10,000 of 10,000 clients watch one contact each, against 10",
  async measure(bench) {
    const seen: Seen[] = [];
    for (const listener of LISTENERS) {
      for (const watching of [FEW, CLIENTS]) {
        seen.push(await measured(bench, listener, watching));
      }
    }
    const costOf = (listener: ListenerName, watching: number) =>
      seen.find((of) => of.listener === listener && of.watching === watching)?.cpuEach ?? NaN;
    return {
      checks: LISTENERS.map((listener) => ({
        what: `${listener} listener, CPU of an event with 10,000 to 10`,
        value: costOf(listener, CLIENTS) / costOf(listener, FEW),
        target: 1.5,
        is: "at most",
      })),
      details: seen.map((of) => ({
        "server": `${of.listener} listener`,
        "watch": digits(of.watching),
        "events/s": digits(of.publishedPerSecond),
        "server CPU µs each": digits(of.cpuEach),
        "lost": String(of.lost),
        "position frames each": digits(of.positionsEach),
        "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
      })),
      notes: [
        "Each client has one connection, and one subscription if it watches; each event is one client's. " +
        "APP_TOPIC_HISTORY is *=999999/3600, so that no frames with positions are among what is " +
        "measured: with *=1000/3600 each client is told once a second at the most.",
      ],
    };
  },
};

async function measured(bench: Bench, listener: ListenerName, watching: number): Promise<Seen> {
  const rounds: TopicsFigures[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const figures = await once(bench, listener, watching);
    rounds.push(figures);
    bench.progress(
      `${listener} listener, ${watching} watch: ${digits(figures.cpuEach)} µs an event ` +
        `(round ${round} of ${bench.rounds})`,
    );
  }
  return { listener, watching, ...median(rounds, ({ cpuEach }) => cpuEach) };
}

async function once(
  bench: Bench,
  listener: ListenerName,
  watching: number,
): Promise<TopicsFigures> {
  const env = {
    APP_RATE_CONNECTS_IP: "off",
    APP_LIMIT_CONNECTIONS_IP: "off",
    APP_TOPIC_HISTORY: "*=999999/3600",
  };
  await using server = await startNotifyliWithApiKey({ listener, env });
  return await runLoad<TopicsLoad, TopicsFigures>("topics", {
    port: server.ports[0]!,
    pids: server.pids,
    key: server.key,
    apiKey: server.apiKey,
    clients: CLIENTS,
    watching,
    publishers: PUBLISHERS,
    seconds: bench.seconds,
  });
}
