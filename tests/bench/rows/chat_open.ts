/** What it takes to open the app with many conversations, and what a connection of somebody who has them costs. */
import type { ChatLink } from "../../faults/chat_link.ts";
import { ChatServer, type DatabaseName, DATABASES, PAGE } from "../chat.ts";
import { waitFor } from "../../support/wait.ts";
import { Heap } from "../heap.ts";
import { percentile } from "../loads/figures.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";

const CONVERSATIONS = 500;
/** As many as a page shows at first. */
const FIRST = 50;
const OPENINGS = 20;
/** How many conversations are made at the same time. */
const AT_ONCE = 50;
const CONNECTIONS = 200;
/** How often the memory of so many connections is measured; the median counts. */
const TIMES = 5;

interface Figures {
  readonly firstMs: number;
  readonly allMs: number;
  readonly kib: number;
  readonly kibOfFew: number;
}

export const chatOpen: Row = {
  name: "chat-open",
  question: "The app opens with 500 conversations; memory of a connection that has them, above one",
  async measure(bench) {
    const seen = [];
    for (const database of DATABASES) {
      const rounds: Figures[] = [];
      for (let round = 0; round < bench.rounds; round++) rounds.push(await once(bench, database));
      seen.push({ database, ...median(rounds, ({ firstMs }) => firstMs) });
    }
    return {
      checks: seen.flatMap(({ database, firstMs, kib, kibOfFew }) => [
        {
          ...{ what: `${database}: the first ${FIRST} of them`, value: firstMs, target: 100 },
          ...{ is: "at most", unit: "ms" } as const,
        },
        {
          ...{ what: `${database}: memory with 500, above 1`, value: kib - kibOfFew, target: 4 },
          ...{ is: "at most", unit: "KiB" } as const,
        },
      ]),
      details: seen.map(({ database, firstMs, allMs, kib, kibOfFew }) => ({
        "database": database,
        "connected, and the first 50, median ms": digits(firstMs),
        "all 500, median ms": digits(allMs),
        "KiB a connection with 500": digits(kib),
        "KiB a connection with 1": digits(kibOfFew),
      })),
      notes: [
        `The memory is that of all objects in use, for each of ${CONNECTIONS} connections that have opened the app, by V8's ` +
        `inspector after all garbage was collected: the median of ${TIMES} times, those with one conversation and those with ` +
        `500 in turn. The memory of the process has garbage, too, which hides it.`,
      ],
    };
  },
};

async function once(bench: Bench, database: DatabaseName): Promise<Figures> {
  using heap = new Heap();
  await using server = await ChatServer.start(database, heap.wrapper);
  {
    using busy = await server.enter("busy");
    for (let first = 0; first < CONVERSATIONS; first += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, each) => {
        return busy.command("message", { to: `friend${first + each}`, text: "Hello" });
      }));
    }
    using calm = await server.enter("calm");
    await calm.command("message", { to: "friend0", text: "Hello" });
  }
  const [first, all]: [number[], number[]] = [[], []];
  for (let opening = 0; opening < OPENINGS; opening++) {
    const startedAt = performance.now();
    using link = await server.enter("busy");
    const page = await link.command("conversations", { limit: FIRST });
    first.push(performance.now() - startedAt);
    await readOn(link, page["next"]);
    all.push(performance.now() - startedAt);
  }
  const [few, many]: [number[], number[]] = [[], []];
  for (let time = 0; time <= TIMES; time++) {
    const [ofFew, ofMany] = [
      await memoryOf(server, heap, "calm"),
      await memoryOf(server, heap, "busy"),
    ];
    if (time === 0) continue; // whatever is made once is there from now on
    few.push(ofFew);
    many.push(ofMany);
  }
  const [kibOfFew, kib] = [percentile(few, 0.5), percentile(many, 0.5)];
  const figures = { firstMs: percentile(first, 0.5), allMs: percentile(all, 0.5), kib, kibOfFew };
  bench.progress(
    `${database}: the first in ${digits(figures.firstMs)} ms, all in ${
      digits(figures.allMs)
    } ms; ` +
      `${digits(kib)} KiB a connection, ${digits(kibOfFew)} with one conversation`,
  );
  return figures;
}

async function readOn(link: ChatLink, next: unknown): Promise<void> {
  for (let cursor = next; cursor !== undefined;) {
    ({ next: cursor } = await link.command("conversations", { cursor, limit: PAGE }));
  }
}

/** Of the server's objects, for each connection that has opened the app, in KiB. */
async function memoryOf(server: ChatServer, heap: Heap, user: string): Promise<number> {
  await waitFor("nobody is connected", async () => {
    const { clients } = await (await fetch(`${server.program.url}/api/stats`)).json();
    return clients === 0;
  });
  using links = new DisposableStack();
  const before = await heap.usedKiB();
  for (let each = 0; each < CONNECTIONS; each++) {
    const link = links.use(await server.enter(user));
    await link.command("conversations", { limit: FIRST });
  }
  return (await heap.usedKiB() - before) / CONNECTIONS;
}
