/** Notifications that wait in a queue of RabbitMQ: how fast a server takes them, each stored before it is acknowledged. */
import { Rabbit, RabbitSender } from "../../support/rabbit.ts";
import { RedisServer } from "../../support/redis.ts";
import { waitFor } from "../../support/wait.ts";
import { cpuSeconds } from "../loads/figures.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";
import { startNotifyli } from "../servers.ts";

const COUNT = 20_000;
/** Entries that are sent together. */
const PIECE = 1000;
const USERS = 200;
const ENGINES = ["embedded", "redis"] as const;

interface Figures {
  readonly takenPerSecond: number;
  /** Server CPU of an entry, in microseconds. */
  readonly cpuEach: number;
  readonly refused: number;
}

export const amqp: Row = {
  name: "amqp",
  question: `${digits(COUNT)} notifications of ${USERS} users wait in a queue of RabbitMQ`,
  async measure(bench) {
    await using rabbit = await Rabbit.start();
    const seen: (Figures & { readonly engine: string })[] = [];
    for (const engine of ENGINES) {
      const rounds: Figures[] = [];
      for (let round = 1; round <= bench.rounds; round++) {
        rounds.push(await once(rabbit, engine, bench));
      }
      seen.push({ engine, ...median(rounds, ({ cpuEach }) => cpuEach) });
    }
    return {
      checks: [
        ...seen.map(({ engine, takenPerSecond }) => ({
          what: `${engine}: stored and acknowledged a second`,
          value: takenPerSecond,
          target: 3000,
          is: "at least" as const,
          unit: "/s",
        })),
        {
          what: "refused",
          value: seen.reduce((sum, { refused }) => sum + refused, 0),
          target: 0,
          is: "at most",
          unit: "in all",
        },
      ],
      details: seen.map(({ engine, takenPerSecond, cpuEach, refused }) => ({
        "engine": engine,
        "taken/s": digits(takenPerSecond),
        "server CPU µs each": digits(cpuEach),
        "refused": String(refused),
      })),
    };
  },
};

async function once(
  rabbit: Rabbit,
  engine: typeof ENGINES[number],
  { progress }: Bench,
): Promise<Figures> {
  const queue = "bench";
  await using redis = engine === "redis" ? await RedisServer.start() : undefined;
  await using sender = await RabbitSender.open(rabbit.url, queue);
  for (let first = 0; first < COUNT; first += PIECE) {
    await Promise.all(Array.from({ length: PIECE }, (_, index) => {
      const number = first + index;
      const entry = { user_id: `u${number % USERS}`, room: "lobby", message: `Order ${number}` };
      return sender.send(entry, { messageId: `order-${number}` });
    }));
  }
  const env = { AMQP_URL: rabbit.url, AMQP_QUEUE: queue };
  await using server = await startNotifyli({ listener: "deno", redis, env });
  const [startedAt, before] = [performance.now(), cpuSeconds(server.pids)];
  await waitFor("all are acknowledged", async () => await rabbit.left(queue) === 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuEach = (cpuSeconds(server.pids) - before) * 1e6 / COUNT;
  const takenPerSecond = COUNT / seconds;
  progress(`${engine}: ${digits(takenPerSecond)}/s, ${digits(cpuEach)} µs each`);
  return { takenPerSecond, cpuEach, refused: (await sender.dead()).length };
}
