/**
 * `docs/recipes/three-nodes.md` as it is walked: one node on the embedded store becomes three behind HAProxy, while an application
 * sends and a client listens all the time.
 */
import assert from "node:assert/strict";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { connect } from "../../lib/sdk/mod.ts";
import { Beside } from "../support/beside.ts";
import { run, taskCommand } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { Balancer } from "./balancer.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/recipes/three-nodes.md`);
const USER = "7";

Deno.test("one node becomes three, and one of them goes: what was accepted is heard once, in order", async (t) => {
  await using parts = new AsyncDisposableStack();
  const redis = parts.use(await RedisServer.start("--appendonly", "yes"));
  const postgres = parts.use(await PostgresServer.start());
  const data = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(data, { recursive: true }));
  const ports = [freePort(), freePort(), freePort()];
  const moved = { ...redis.env, ...postgres.env };
  const own = {
    ...{ APP_KEY, APP_DRAIN_SECONDS: "3", APP_TRUSTED_PROXIES: "127.0.0.1" },
    APP_LISTENER: "node",
  };
  const start = (index: number, env: Readonly<Record<string, string>> = {}) =>
    Program.start({
      ...(index === 0 && { dataDir: data }),
      env: { ...own, APP_PORT: String(ports[index]), ...env },
    });

  await using first = await start(0);
  const manager = await Manager.of(first);
  await using balancer = await Balancer.start("haproxy", ports);

  const heard: string[] = [];
  const client = connect({
    url: `${balancer.url.replace("https", "wss")}/ws`,
    userId: USER,
    token: () => connectionToken({ sub: USER }),
    transport: webSocketTransport(balancer.WebSocket),
  });
  parts.defer(() => client.close());
  client.on("notification", ({ message }) => void heard.push(message));

  const accepted: string[] = [];
  await using sending = Beside.again(async () => {
    const number = String(accepted.length + 1);
    await said(balancer, manager, number);
    accepted.push(number);
  });
  const moreIsHeard = async () => {
    const goal = accepted.length + 20;
    await waitFor("what is sent is heard", () => heard.length >= goal);
  };
  await moreIsHeard();

  await t.step("the store is moved", async () => {
    const [, commands = ""] = /<!-- tested: move -->\n\n```sh\n([\s\S]*?)```/.exec(PAGE) ?? [];
    const [backup, stop, migrate] = commands.trim().split("\n") as [string, string, string];
    const { DATABASE_URL } = postgres.env as Record<string, string>;
    assert.match(backup, /^notifyli backup /);
    const env = { ...own, APP_PORT: String(ports[0]), APP_DATA_DIR: data };
    const saved = await run([...taskCommand("backup"), `${data}/before.tar`], { env });
    assert.equal(saved.code, 0, saved.stderr);
    assert.match(stop, /systemctl stop notifyli$/);
    first.kill("SIGTERM");
    assert.equal((await first.ended()).code, 0);
    assert.match(migrate, /^REDIS_URL=\S+ DATABASE_URL=\S+ notifyli migrate$/);
    const done = await run(taskCommand("migrate"), {
      env: { ...env, ...redis.env, ...postgres.env, ...(DATABASE_URL && { DATABASE_URL }) },
    });
    assert.equal(done.code, 0, done.stdout + done.stderr);
  });

  let nodes: Program[] = [];
  parts.defer(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]();
  });
  await t.step("the node is there again, on Redis and PostgreSQL", async () => {
    nodes = [await start(0, moved)];
    await moreIsHeard();
  });

  await t.step(
    "two more take new connections, and the first one's clients once it starts anew",
    async () => {
      nodes.push(...await Promise.all([start(1, moved), start(2, moved)]));
      nodes[0]!.kill("SIGTERM");
      assert.equal((await nodes[0]!.ended()).code, 0);
      await nodes[0]![Symbol.asyncDispose]();
      await moreIsHeard();
      nodes[0] = await start(0, moved);
      await waitFor("all three are known", async () => {
        const { json } = await manager.call(nodes[1]!, "GET", "/nodes");
        const known = json["nodes"] as { ready: boolean }[];
        return known.filter(({ ready }) => ready).length === 3;
      });
    },
  );

  await t.step("one fails, and one is stopped", async () => {
    const counts = await Promise.all(nodes.map((node) => manager.stats(node)));
    const holder = counts.findIndex(({ users }) => users === 1);
    nodes[holder]!.kill("SIGKILL");
    await nodes[holder]!.ended();
    await moreIsHeard();
    const other = nodes.find((_, index) => index !== holder)!;
    other.kill("SIGTERM");
    assert.equal((await other.ended()).code, 0);
    await moreIsHeard();
  });

  await sending.end();
  await waitFor("all is heard", () => heard.length >= accepted.length);
  assert.deepEqual(heard, accepted);
});

/** Says it to the user, and again with the same id until it is accepted. */
async function said(balancer: Balancer, { key }: Manager, number: string): Promise<void> {
  const body = JSON.stringify({
    ...{ user_id: USER, message: number, id: `number-${number.padStart(6, "0")}` },
  });
  await waitFor(`${number} is accepted`, async () => {
    const answer = await balancer.post("/api/notifications", body, key).catch(() => undefined);
    return answer !== undefined && answer < 300;
  });
}
