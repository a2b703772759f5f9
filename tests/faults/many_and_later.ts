/**
 * Notifications for many, in digests, throttled, in quiet hours and with reminders, while nodes are killed: each that was
 * accepted comes once, by itself or in one digest, and each asks for attention as often as it should.
 */
import assert from "node:assert/strict";
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
  alarm: { repeat: { every: "1s", times: 2 } },
};

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
];

async function run(
  { random, seconds, progress }: FaultContext,
  nodes: number,
  env: Readonly<Record<string, string>>,
): Promise<Report> {
  await using cluster = await Cluster.start({ nodes, env });
  const manager = await Manager.of(cluster.program(0));
  const first = cluster.program(0);
  for (const [kind, body] of Object.entries(KINDS)) {
    await manager.call(first, "PUT", `/kinds/${kind}`, body);
  }
  const mute_until = Math.ceil(Date.now() / 1000 + seconds + 2);
  for (const user of USERS.quiet) {
    await manager.call(first, "PUT", `/users/${user}/preferences`, { mute_until });
  }
  const accepted = new Map<string, Set<string>>(all().map((user) => [user, new Set()]));
  const endsAt = performance.now() + seconds * 1000;
  const isOver = () => performance.now() > endsAt;
  let count = 0;

  /** Sends until it is accepted, by whichever node is there. */
  async function send(to: Frame, users: readonly string[]): Promise<void> {
    const id = `n-${String(count++).padStart(7, "0")}`;
    for (let attempt = 0;; attempt++) {
      const url = `http://127.0.0.1:${cluster.ports[(count + attempt) % nodes]}/api/notifications`;
      const status = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${manager.key}` },
        body: JSON.stringify({ ...to, id, message: id }),
      }).then(async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      }, () => 0);
      if (status >= 200 && status < 300) break;
      assert.ok(status === 0 || status === 503, `${JSON.stringify(to)}: ${status}`);
      await passed(0.05);
    }
    for (const user of users) accepted.get(user)?.add(id);
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
      await send({ user_ids: all() }, all());
      await passed(0.3);
    }
  })();
  let kills = 0;
  while (!isOver()) {
    await passed(random.between(0.1, 0.8));
    const node = random.integer(0, nodes - 1);
    await cluster.kill(node);
    await cluster.restart(node);
    kills++;
  }
  await Promise.all([...sending, toMany]);
  progress(`${count} accepted, ${kills} times killed`);
  for (const user of all()) {
    const kind = (Object.keys(USERS) as Kind[]).find((kind) => USERS[kind].includes(user));
    let wrong: unknown;
    await waitFor(`all is as it should be for ${user}`, async () => {
      try {
        requireWhole(await inboxOf(cluster, user), accepted.get(user) ?? new Set(), kind);
        return true;
      } catch (error) {
        wrong = error;
        return false;
      }
    }, SETTLED_WITHIN_MS).catch((error) => {
      throw new Error(`${error}: ${wrong}`);
    });
  }
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

/** Throws where something is missing, doubled, or has not asked for attention as often as it should. */
function requireWhole(inbox: readonly Frame[], ids: ReadonlySet<string>, kind?: Kind): void {
  const came = inbox.flatMap(({ items, message }) =>
    items === undefined ? [String(message)] : (items as Frame[]).map(({ id }) => String(id))
  );
  assert.deepEqual(came.toSorted(), [...ids].toSorted());
  const reminded = inbox.filter((each) => each["kind"] === "alarm");
  if (kind === "alarm") assert.ok(reminded.every(({ reminder }) => reminder === 2));
  assert.ok(inbox.every(({ silent }) => silent === undefined), "nothing is silent any more");
  const alerted = inbox.filter(({ alerted_at, reminder }) =>
    alerted_at !== undefined && reminder === undefined
  );
  // Each arrival and each time it asks for attention again is one offset.
  const last = Math.max(0, ...inbox.map(({ offset }) => Number(offset)));
  assert.equal(last, inbox.length + alerted.length + 2 * reminded.length, "offsets");
}
