/**
 * Notifications for many, in digests, throttled, in quiet hours, with reminders and escalated, while nodes, PostgreSQL and Redis
 * are killed: each that was accepted comes once, by itself or in one digest, and each asks for attention as often as it should.
 * Those for many are changed meanwhile, and everyone ends with the last change.
 */
import assert from "node:assert/strict";
import { LAST_MS } from "../../lib/inbox/timing/quiet_ends.ts";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Frame } from "./chat_link.ts";
import { Cluster } from "./cluster.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

/** What a dead node held is another one's after half a minute. */
const SETTLED_WITHIN_MS = 120_000;

const KINDS = {
  order: { digest: { window: "1s" } },
  ping: { throttle: { count: 3, per: "2s" } },
  alarm: { repeat: { every: "1s", times: 2, escalate: { user_id: "boss" } } },
};

/** What is for many goes to all of these, by each of these ways. */
const TO_MANY = [
  () => ({ user_ids: all() }),
  () => ({ topic: "sport" }),
  () => ({ everyone: true }),
];

/** Users by what comes to them. All of them get what is for many. */
const USERS = { order: ["o1", "o2"], ping: ["p1", "p2"], alarm: ["a1", "a2"], quiet: ["q1", "q2"] };

type Kind = keyof typeof USERS;

export const MANY_AND_LATER: readonly Scenario[] = [
  {
    name: "digests, throttles, quiet hours, reminders and many while the server is killed, SQLite",
    run: (context) => run(context, 1, {}),
  },
  {
    name: "digests, throttles, quiet hours, reminders and many while nodes are killed, PostgreSQL",
    async run(context) {
      await using redis = await RedisServer.start();
      await using postgres = await PostgresServer.start();
      return await run(context, 2, { ...redis.env, ...postgres.env });
    },
  },
  {
    name:
      "digests, throttles, quiet hours, reminders and many while PostgreSQL and Redis are killed",
    async run(context) {
      await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
      await using postgres = await PostgresServer.start();
      const env = { ...redis.env, ...postgres.env };
      return await run(context, 2, env, [redis, postgres]);
    },
  },
];

/** What the nodes keep things in. */
interface Store {
  stop(signal: Deno.Signal): Promise<void>;
  restart(): Promise<void>;
}

async function run(
  { random, seconds, progress }: FaultContext,
  nodes: number,
  env: Readonly<Record<string, string>>,
  stores: readonly Store[] = [],
): Promise<Report> {
  await using cluster = await Cluster.start({ nodes, env });
  const manager = await Manager.of(cluster.program(0));
  const first = cluster.program(0);
  for (const [kind, body] of Object.entries(KINDS)) {
    await manager.call(first, "PUT", `/kinds/${kind}`, body);
  }
  // Most come while one timer is for all of a user's, and the last ones have timers of their own.
  const mute_until = Math.ceil((Date.now() + LAST_MS) / 1000 + seconds * 0.7);
  for (const user of USERS.quiet) {
    await manager.call(first, "PUT", `/users/${user}/preferences`, { mute_until });
  }
  // Whoever is everyone has been here, and follows the topic.
  for (const user of all()) {
    await using client = await TestClient.connectV2(first.webSocketUrl);
    await client.command("connect", { user_id: user });
    await manager.call(first, "PUT", `/users/${user}/topics/sport`);
  }
  await passed(1.5); // who was here is noted within a second
  const accepted = new Map<string, Set<string>>(all().map((user) => [user, new Set()]));
  const endsAt = performance.now() + seconds * 1000;
  const isOver = () => performance.now() > endsAt;
  let count = 0;
  /** Those that were changed for all who have them, with how often that was asked for. */
  const changed = new Map<string, number>();

  /** Asks until it is accepted, by whichever node is there. Resolves with how often it asked. */
  async function ask(method: string, path: string, body: Frame): Promise<number> {
    for (let attempt = 0;; attempt++) {
      const url = `http://127.0.0.1:${cluster.ports[(count + attempt) % nodes]}/api${path}`;
      const status = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${manager.key}` },
        body: JSON.stringify(body),
      }).then(async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      }, () => 0);
      if (status >= 200 && status < 300) return attempt + 1;
      assert.ok(status === 0 || status === 503, `${JSON.stringify(body)}: ${status}`);
      await passed(0.05);
    }
  }

  async function send(to: Frame, users: readonly string[]): Promise<string> {
    const id = `n-${String(count++).padStart(7, "0")}`;
    await ask("POST", "/notifications", { ...to, id, message: id });
    for (const user of users) accepted.get(user)?.add(id);
    return id;
  }

  /** Each change of a title comes after the one before. */
  async function change(id: string): Promise<void> {
    let asked = 0;
    for (let version = 1; version <= 3; version++) {
      asked += await ask("PATCH", `/notifications/${id}`, { title: `v${version}` });
    }
    changed.set(id, asked);
  }

  const sending = (Object.keys(USERS) as Kind[]).map(async (kind) => {
    while (!isOver()) {
      const user = random.pick(USERS[kind]);
      await send({ user_id: user, kind }, [user]);
      await passed(0.05);
    }
  });
  const toMany = (async () => {
    while (!isOver()) {
      const id = await send(random.pick(TO_MANY)(), all());
      if (random.next() < 0.5) await change(id);
      await passed(0.3);
    }
  })();
  let kills = 0;
  while (!isOver()) {
    await passed(random.between(0.1, 0.8));
    const store = random.next() < 0.5 ? stores[random.integer(0, stores.length - 1)] : undefined;
    if (store !== undefined) {
      await store.stop("SIGKILL");
      await passed(random.between(0.1, 0.5));
      await store.restart();
    } else {
      const node = random.integer(0, nodes - 1);
      await cluster.kill(node);
      await cluster.restart(node);
    }
    kills++;
  }
  await Promise.all([...sending, toMany]);
  progress(`${count} accepted, ${kills} times killed`);
  for (const user of all()) {
    const kind = (Object.keys(USERS) as Kind[]).find((kind) => USERS[kind].includes(user));
    let wrong: unknown;
    await waitFor(`all is as it should be for ${user}`, async () => {
      try {
        const inbox = await inboxOf(cluster, user);
        requireWhole(inbox, accepted.get(user) ?? new Set(), {
          kind,
          changed,
          isLossy: stores.length > 0,
        });
        return true;
      } catch (error) {
        wrong = error;
        return false;
      }
    }, SETTLED_WITHIN_MS).catch((error) => {
      throw new Error(`${error}: ${wrong}`);
    });
  }
  await requireEscalated(cluster);
  const total = accepted.values().reduce((sum, ids) => sum + ids.size, 0);
  return { accepted: total, delivered: 0, queued: total, doubled: 0, notes: `${kills} kills` };
}

function all(): string[] {
  return Object.values(USERS).flat();
}

async function inboxOf(cluster: Cluster, user: string): Promise<Frame[]> {
  await using client = await TestClient.connectV2(cluster.program(0).webSocketUrl);
  await client.command("connect", { user_id: user });
  const found: Frame[] = [];
  let before = Infinity;
  for (;;) {
    const asked = { limit: 100, ...(before !== Infinity && { before }) };
    const page = (await client.command("inbox", asked))["notifications"] as Frame[];
    found.push(...page);
    if (page.length === 0) return found;
    before = Math.min(...page.map(({ offset }) => Number(offset)));
  }
}

/** Each that nobody has read is escalated once. */
async function requireEscalated(cluster: Cluster): Promise<void> {
  const alarms = new Set<string>();
  for (const user of USERS.alarm) {
    const inbox = await inboxOf(cluster, user);
    for (const { reminder, message } of inbox) if (reminder === 2) alarms.add(String(message));
  }
  let came: string[] = [];
  await waitFor("all are escalated", async () => {
    const escalated = (await inboxOf(cluster, "boss")).filter((each) => each["escalated_from"]);
    came = escalated.map(({ message }) => String(message));
    return came.length >= alarms.size;
  }, SETTLED_WITHIN_MS);
  assert.deepEqual(came.toSorted(), [...alarms].toSorted());
}

/** Throws where something is missing, doubled, or has not asked for attention as often as it should. */
function requireWhole(
  inbox: readonly Frame[],
  ids: ReadonlySet<string>,
  { kind, changed, isLossy }: {
    readonly kind: Kind | undefined;
    readonly isLossy: boolean;
    readonly changed: ReadonlyMap<string, number>;
  },
): void {
  const came = inbox.flatMap(({ items, message }) =>
    items === undefined ? [String(message)] : (items as Frame[]).map(({ id }) => String(id))
  );
  assert.deepEqual(came.toSorted(), [...ids].toSorted());
  // What comes while the database is away comes as if nothing were set for its kind.
  const alarms = inbox.filter((each) => each["kind"] === "alarm");
  const reminded = alarms.filter(({ reminder }) => reminder === 2);
  const unkept = alarms.filter(({ reminder }) => reminder === undefined);
  if (kind === "alarm") {
    assert.equal(reminded.length + (isLossy ? unkept.length : 0), alarms.length, "reminders");
  }
  assert.ok(inbox.every(({ silent }) => silent === undefined), "nothing is silent any more");
  for (const { message, title } of inbox) {
    if (changed.has(String(message))) assert.equal(title, "v3", `the title of ${message}`);
  }
  const alerted = inbox.filter(({ alerted_at, reminder }) =>
    alerted_at !== undefined && reminder === undefined
  );
  // Each arrival and each time it asks for attention again is one offset, and so is a change that came after it.
  const last = Math.max(0, ...inbox.map(({ offset }) => Number(offset)));
  const least = inbox.length + alerted.length + 2 * reminded.length;
  const changes = inbox.reduce((sum, { message }) => sum + (changed.get(String(message)) ?? 0), 0);
  assert.ok(last >= least && last <= least + changes, `offsets: ${last}, ${least}, ${changes}`);
}
