/** A large room whose members all watch who comes and goes: they come, and they go. */
import { TestClient } from "../../support/test_client.ts";
import { waitFor } from "../../support/wait.ts";
import { tokenFor } from "../loads/dialects.ts";
import { columns, type Meanwhile, meanwhile } from "../meanwhile.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { type ListenerName, type Notifyli, startNotifyli } from "../servers.ts";

const WATCHERS = 2000;
const ROOM = "stadium";
/** So many come at the same time. */
const COMING = 50;
const WAITER_SECONDS = 15;
const LISTENERS: readonly ListenerName[] = ["deno", "node"];

export const presence: Row = {
  name: "presence",
  question: "2,000 clients that watch one room come and go: server CPU, and how long others wait",
  async measure(bench) {
    const seen: (Meanwhile & { readonly listener: ListenerName })[] = [];
    for (const listener of LISTENERS) seen.push({ listener, ...await once(bench, listener) });
    return {
      checks: seen.flatMap(({ listener, cpuSeconds, longestMs }) => [
        {
          what: `${listener} listener, server CPU`,
          value: cpuSeconds,
          target: 5,
          is: "at most",
          unit: "s",
        },
        {
          what: `${listener} listener, longest wait`,
          value: longestMs,
          target: 500,
          is: "at most",
          unit: "ms",
        },
      ]),
      details: seen.map((of) => ({ server: `${of.listener} listener`, ...columns(of) })),
    };
  },
};

async function once(bench: Bench, listener: ListenerName): Promise<Meanwhile> {
  const env = { APP_RATE_CONNECTS_IP: "off", APP_LIMIT_CONNECTIONS_IP: "off" };
  await using server = await startNotifyli({ listener, env });
  const seen = await meanwhile(server, () => comeAndGo(server), WAITER_SECONDS);
  const { cpuSeconds, longestMs } = seen;
  bench.progress(`${listener} listener: ${digits(cpuSeconds)} s of CPU, ${digits(longestMs)} ms`);
  return seen;
}

async function comeAndGo(server: Notifyli): Promise<void> {
  const clients: TestClient[] = [];
  for (let first = 0; first < WATCHERS; first += COMING) {
    const users = Array.from({ length: COMING }, (_, index) => first + index + 2);
    clients.push(...await Promise.all(users.map((user) => watch(server, user))));
  }
  await waitFor("the last one knows how many", async () => {
    const { count } = await clients.at(-1)!.command("presence", { room: ROOM });
    return count === WATCHERS;
  });
  await Promise.all(clients.map((client) => client.close()));
}

async function watch({ ports, key }: Notifyli, user: number): Promise<TestClient> {
  const url = `ws://127.0.0.1:${ports[0]}/ws`;
  const client = await TestClient.connectWithToken(url, tokenFor(user, key));
  await client.command("subscribe", { room: ROOM });
  await client.command("presence", { room: ROOM });
  return client;
}
