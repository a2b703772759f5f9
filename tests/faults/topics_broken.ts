/**
 * Three nodes on one Redis: nodes are killed, and Redis cuts their connections or stands still, while others publish in a
 * topic. Whoever watches one thing there gets exactly what concerns it, once and in order, wherever it comes back.
 */
import { setTimeout as pause } from "node:timers/promises";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

const NODES = 3;
const TOPIC = "Contact_Updated_Topic";
/** Each of so many watches one contact, and one more all of them. */
const CONTACTS = 12;
const PUBLISHERS = 4;
const PUBLISH_EVERY_MS = 10;
const AGAIN_MS = 100;
/** A watcher may be away for as long as a scenario lasts. */
const ENV = { APP_TOPIC_HISTORY: "*=100000/3600" };

export const topicsBroken: readonly Scenario[] = [
  { name: "topics while nodes are killed", run: (context) => run(context, killNode) },
  { name: "topics while redis cuts its clients off", run: (context) => run(context, cutRedis) },
];

interface Broken {
  readonly cluster: Cluster;
  readonly redis: RedisServer;
  readonly random: Random;
  readonly seconds: number;
}

async function run(
  { random, seconds, progress }: FaultContext,
  breakIt: (broken: Broken) => Promise<void>,
): Promise<Report> {
  await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  await using cluster = await Cluster.start({ nodes: NODES, env: { ...ENV, ...redis.env } });
  const watchers = Array.from(
    { length: CONTACTS + 1 },
    (_, contact) =>
      new Watcher(cluster.urls, random.fork(), contact < CONTACTS ? { id: contact } : {}),
  );
  const watching = watchers.map((watcher) => watcher.run());
  await waitFor("all watch", () => watchers.every(({ isWatching }) => isWatching));
  const accepted = new Map<string, { id: number; offset: number }>();
  let isOver = false;
  const publishing = Array.from({ length: PUBLISHERS }, async (_, publisher) => {
    for (let n = 0; !isOver; n++) {
      const [id, key] = [(publisher + n * PUBLISHERS) % CONTACTS, `event-${publisher}-${n}`];
      accepted.set(key, { id, offset: await publish(cluster, random, key, id) });
      await pause(PUBLISH_EVERY_MS);
    }
  });
  let faults = 0;
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    await passed(random.between(0.1, 0.3) * seconds);
    await breakIt({ cluster, redis, random, seconds });
    progress(`broken ${++faults} times; ${accepted.size} accepted`);
  }
  isOver = true;
  await Promise.all(publishing);
  await waitFor("all have what is theirs", () => watchers.every((each) => each.has(accepted)));
  for (const watcher of watchers) watcher.end();
  await Promise.all(watching);
  const [one] = watchers;
  for (const watcher of watchers) watcher.check(accepted);
  const delivered = watchers.slice(0, CONTACTS).reduce((sum, { got }) => sum + got.length, 0);
  const returns = watchers.reduce((sum, each) => sum + each.returns, 0);
  const notes = `${faults} faults; ${returns} returns; epoch ${one?.epoch}`;
  return { accepted: accepted.size, delivered, queued: 0, doubled: 0, notes };
}

async function killNode({ cluster, random, seconds }: Broken): Promise<void> {
  const node = random.integer(0, NODES - 1);
  await cluster.kill(node);
  await passed(random.between(0, 0.1) * seconds);
  await cluster.restart(node);
}

async function cutRedis({ redis, random }: Broken): Promise<void> {
  const kind = random.integer(0, 2);
  if (kind === 0) await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  else if (kind === 1) await redis.call("CLIENT", "KILL", "TYPE", "normal");
  else {
    await redis.stop("SIGKILL");
    await redis.restart();
  }
}

/** Publishes under one id at any node, until one says that it is accepted. Resolves with its offset. */
async function publish(
  { ports }: Cluster,
  random: Random,
  key: string,
  id: number,
): Promise<number> {
  for (;;) {
    const port = ports[random.integer(0, NODES - 1)];
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/api/topics/${TOPIC}`, {
        method: "POST",
        headers: { "idempotency-key": key },
        body: JSON.stringify({ data: { id, key } }),
      });
      const json = await answer.json();
      if (answer.ok) return json.offset;
    } catch {
      // The node is down, or was killed before it answered.
    }
    await pause(AGAIN_MS);
  }
}

/** The events that were accepted, by their keys. */
type Accepted = ReadonlyMap<string, { readonly id: number; readonly offset: number }>;

interface Got {
  readonly offset: number;
  readonly key: string;
}

/** A client that comes back at any node, with its position, whenever its connection has ended. */
class Watcher {
  readonly got: Got[] = [];
  isWatching = false;
  returns = -1;
  offset = 0;
  epoch: string | undefined;
  readonly #urls: readonly string[];
  readonly #random: Random;
  readonly #filter: { readonly id?: number };
  readonly #faults: string[] = [];
  #isOver = false;

  constructor(urls: readonly string[], random: Random, filter: { readonly id?: number }) {
    this.#urls = urls;
    this.#random = random;
    this.#filter = filter;
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      await this.#watch().catch(() => {}); // the node is down, or cannot reach Redis
      await pause(AGAIN_MS);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Whether it got as many as there are for it. */
  has(accepted: Accepted): boolean {
    return this.got.length >= this.#expected(accepted).length;
  }

  /** Throws with what is missing, doubled, in another order, or not for this one. */
  check(accepted: Accepted): void {
    const expected = this.#expected(accepted);
    const got = this.got.map(({ key }) => key);
    const at = expected.findIndex((key, index) => key !== got[index]);
    if (at >= 0 || got.length !== expected.length) {
      this.#faults.push(`of ${expected.length} it got ${got.length}; place ${at} is ${got[at]}`);
    }
    if (this.#faults.length === 0) return;
    throw new Error(`A watcher of ${JSON.stringify(this.#filter)}: ${this.#faults.join("; ")}`);
  }

  /** The keys of the events that are for this one, in their order. */
  #expected(accepted: Accepted): string[] {
    const { id } = this.#filter;
    return [...accepted].filter(([, event]) => id === undefined || event.id === id)
      .sort(([, one], [, other]) => one.offset - other.offset).map(([key]) => key);
  }

  async #watch(): Promise<void> {
    const url = this.#urls[this.#random.integer(0, this.#urls.length - 1)] ?? "";
    await using client = await TestClient.connectV2(url);
    await client.command("connect", { user_id: `watcher-${this.#filter.id}` });
    const since = this.epoch === undefined ? undefined : { offset: this.offset, epoch: this.epoch };
    const reply = await client.command("subscribe", { topic: TOPIC, filter: this.#filter, since });
    if (since !== undefined && reply["recovered"] !== true) {
      this.#faults.push(`it was told ${reply["reason"]} after ${this.offset}`);
    }
    for (const event of reply["publications"] as Frame[]) this.#take(event);
    this.offset = Number(reply["offset"]);
    this.epoch = String(reply["epoch"]);
    this.returns++;
    this.isWatching = true;
    for (let taken = 0; !this.#isOver;) {
      const isClosed = client.closed !== undefined;
      for (; taken < client.frames.length; taken++) this.#take(client.frames[taken]!);
      if (isClosed) return;
      await pause(20);
    }
  }

  #take({ type, offset, epoch, data }: Frame): void {
    if (type === "position") {
      this.epoch = String(epoch);
      this.offset = Number(offset);
    } else if (type === "event") {
      this.offset = Number(offset);
      this.got.push({ offset: this.offset, key: String((data as Frame)["key"]) });
    }
  }
}
