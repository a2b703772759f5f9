/**
 * Pushes while nodes, or PostgreSQL and Redis, are killed, and while the push service fails, hangs and comes back: each that was accepted
 * comes, and comes again only under the same name, where nobody knows whether it came.
 */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { type TakenPush, WebPushService } from "../support/push/web_push_service.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Cluster } from "./cluster.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

/** What a dead node held is another one's after half a minute, and what failed often waits as long. */
const SETTLED_WITHIN_MS = 180_000;

const USERS = Array.from({ length: 10 }, (_, index) => `u${index}`);

/** Most pushes that one node has under way. */
const UNDER_WAY = 64;

export const PUSH_KILLED: readonly Scenario[] = [
  {
    name: "push: the server and the push service fail, SQLite",
    run: (context) => run(context, 1, {}),
  },
  {
    name: "push: nodes and the push service fail, PostgreSQL",
    async run(context) {
      await using redis = await RedisServer.start();
      await using postgres = await PostgresServer.start();
      return await run(context, 2, { ...redis.env, ...postgres.env });
    },
  },
  {
    name: "push: PostgreSQL, Redis and the push service fail",
    async run(context) {
      await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
      await using postgres = await PostgresServer.start();
      return await run(context, 2, { ...redis.env, ...postgres.env }, [redis, postgres]);
    },
  },
];

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
  await using service = new WebPushService();
  await using cluster = await Cluster.start({
    nodes,
    env: { ...env, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" },
  });
  const manager = await Manager.of(cluster.program(0));
  for (const user of USERS) {
    const body = { provider: "web_push", token: service.subscribe() };
    await manager.done(cluster.program(0), `/users/${user}/devices`, body);
  }
  let isFailing = true;
  service.answer = (): Response | Promise<Response> | undefined => {
    const chance = isFailing ? random.next() : 1;
    if (chance < 0.1) return new Response(null, { status: 503, headers: { "retry-after": "1" } });
    if (chance < 0.2) return new Response(null, { status: 429 });
    if (chance < 0.25) return passed(1).then(() => new Response(null, { status: 500 }));
    return undefined;
  };
  const endsAt = performance.now() + seconds * 1000;
  const isOver = () => performance.now() > endsAt;
  const accepted: string[] = [];
  const sending = USERS.map(async (user) => {
    for (let count = 0; !isOver(); count++) {
      const id = `n-${user}-${String(count).padStart(6, "0")}`;
      await ask({ user_id: user, id, message: id });
      accepted.push(id);
      await passed(0.1);
    }
  });
  let kills = 0;
  while (!isOver()) {
    await passed(random.between(0.2, 1));
    // A node that is killed while PostgreSQL is away takes with it what it knows of pushes.
    const store = stores[random.integer(0, stores.length - 1)];
    if (stores.length > 0 && store !== undefined) {
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
  await Promise.all(sending);
  isFailing = false;
  progress(`${accepted.length} accepted, ${kills} times killed`);
  const came = () => Map.groupBy(service.taken, idOf);
  await waitFor("all are pushed", () => {
    const there = came();
    return accepted.every((id) => there.has(id));
  }, SETTLED_WITHIN_MS).catch((error) => {
    const missing = accepted.filter((id) => !came().has(id));
    throw new Error(`${error.message}: ${missing.length} are missing, such as ${missing[0]}`);
  });
  await waitFor("all are known to be taken", async () => {
    for (const id of accepted) {
      const { json } = await manager.call(cluster.program(0), "GET", `/notifications/${id}`);
      const [push] = (json["pushes"] ?? []) as { state: string }[];
      if (push?.state !== "taken") return false;
    }
    return true;
  }, SETTLED_WITHIN_MS);
  const again = [...came().values()].filter((pushes) => pushes.length > 1);
  for (const pushes of again) {
    assert.equal(new Set(pushes.map(({ headers }) => headers.get("topic"))).size, 1);
  }
  const doubled = service.taken.length - came().size;
  assert.ok(doubled <= kills * UNDER_WAY, `${doubled} came again at ${kills} kills`);
  assert.equal(came().size, accepted.length, "and nothing else came");
  return {
    ...{ accepted: accepted.length, delivered: accepted.length, queued: 0, doubled: 0 },
    notes: `${kills} kills, ${doubled} came again under the same name`,
  };

  /** Asks until it is accepted, by whichever node is there. */
  async function ask(body: object): Promise<void> {
    for (let attempt = 0;; attempt++) {
      const url = `http://127.0.0.1:${cluster.ports[attempt % nodes]}/api/notifications`;
      const status = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${manager.key}` },
        body: JSON.stringify(body),
      }).then(async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      }, () => 0);
      if (status >= 200 && status < 300) return;
      assert.ok(status === 0 || status === 503, `${JSON.stringify(body)}: ${status}`);
      await passed(0.05);
    }
  }
}

function idOf({ text }: TakenPush): string {
  return JSON.parse(text).notification.data.notifyli.id;
}
