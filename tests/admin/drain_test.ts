/** `POST /api/nodes/{node}/drain` and `notifyli drain`: a node gives its clients to the others, and ends as by a SIGTERM. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { type Nodes, PLACES } from "../support/nodes.ts";
import type { Program } from "../support/program.ts";
import { PostgresServer } from "../support/postgres.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Node = { readonly id: string; readonly ready: boolean; readonly reason?: string };

for (const [place, start] of PLACES) {
  Deno.test(`any node has one drain, which ends as by a SIGTERM (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last } = nodes;
    await allReady(nodes);
    const id = String((await manager.call(last, "GET", "/nodes")).json["this"]);
    await using client = await clientOf(last, "1");

    const shop = await Manager.of(first, "shop");
    const refusals = [
      await shop.call(first, "POST", `/nodes/${id}/drain`),
      await manager.call(first, "POST", "/nodes/nobody/drain"),
      await manager.call(first, "POST", `/nodes/${id}/drain`, { seconds: 0 }),
      await manager.call(first, "POST", `/nodes/${id}/drain`, { seconds: "long" }),
    ];
    assert.deepEqual(refusals.map(({ status, json }) => [status, json["code"]]), [
      [403, "forbidden"],
      [404, "not_found"],
      [400, "invalid_field"],
      [400, "invalid_field"],
    ]);
    assert.equal((await ready(last)).status, 200, "what is refused drains nobody");

    const answer = await manager.call(first, "POST", `/nodes/${id}/drain`, { seconds: 15 });
    assert.deepEqual(answer, { status: 202, json: { node: id, seconds: 15 } });
    await waitFor("balancers are told", async () => (await ready(last)).status === 503);
    assert.equal(client.closed, undefined, "it went before balancers could know");
    assert.deepEqual(
      await manager.call(first, "POST", `/nodes/${id}/drain`, { seconds: 60 }),
      answer,
      "it goes on as it began",
    );
    const shown = await waitFor(
      "it is shown",
      async () => (await listed(nodes)).find((node) => node.id === id && !node.ready),
    );
    assert.equal(shown.reason, "the server is being stopped");
    const { json } = await manager.call(first, "GET", "/audit");
    const records = (json["records"] as Record<string, unknown>[])
      .filter(({ action }) => action === "node.drain");
    assert.deepEqual(new Set(records.map(({ target }) => target)), new Set([`node ${id}`]));
    assert.equal((await client.waitClosed()).code, 3001);
    assert.equal((await last.ended()).code, 0);
    if (nodes.all.length === 1) return;
    await waitFor("it is gone", async () => (await listed(nodes)).length === 1);
    assert.equal((await ready(first)).status, 200, "the other one goes on");
  });

  Deno.test(`notifyli drain takes an id, a name or nothing (${place})`, async () => {
    await using nodes = await start({ APP_NODE_NAME: "example" });
    const { first, last, redis, manager } = nodes;
    await allReady(nodes);
    const env = {
      ...{ APP_KEY, APP_PORT: String(first.port), APP_DATA_DIR: first.dataDir },
      ...redis?.env,
    };
    const drain = (...args: string[]) =>
      run([...taskCommand("drain"), ...args], { env, cwd: first.dataDir });
    const nobody = await drain("nobody");
    assert.equal(nobody.code, 1);
    assert.equal(nobody.stderr, 'Not done: there is no node "nobody": see notifyli top\n');
    if (nodes.all.length > 1) {
      const { code, stderr } = await drain("example");
      assert.deepEqual([code, /2 nodes are named "example"/.test(stderr)], [1, true], stderr);
      const id = String((await manager.call(last, "GET", "/nodes")).json["this"]);
      const other = await drain(id, "--seconds", "1");
      assert.deepEqual([other.code, other.stdout], [0, `Node ${id} drains, and ends in 1 s\n`]);
      assert.equal((await last.ended()).code, 0);
      await waitFor("it is gone", async () => (await listed(nodes)).length === 1);
    }
    const named = await drain("example", "--seconds", "3600");
    assert.equal(named.code, 0, named.stderr);
    await waitFor("it drains", async () => (await ready(first)).status === 503);
    const own = await drain();
    assert.match(own.stdout, /^Node \w+ drains, and ends in 3600 s\n$/);
    first.kill("SIGTERM"); // the second one to ask for a stop, which ends the wait
    assert.equal((await first.ended()).code, 0);
  });
}

Deno.test("notifyli drain refuses what it cannot take", async () => {
  const folder = await Deno.makeTempDir();
  const env = { APP_PORT: "1", APP_DATA_DIR: folder };
  const cases: [string[], number, RegExp][] = [
    [["--help"], 0, /^Usage: notifyli drain \[NODE\]/],
    [["a", "b"], 2, /^Unknown argument "b"/],
    [["--seconds", "0"], 2, /allowed is a number of seconds/],
    [[], 1, /^Not done: /],
  ];
  for (const [args, expected, pattern] of cases) {
    const { code, stdout, stderr } = await run([...taskCommand("drain"), ...args], {
      ...{ env, cwd: folder },
    });
    assert.equal(code, expected, stderr);
    assert.match(stdout + stderr, pattern);
  }
  await Deno.remove(folder, { recursive: true });
});

async function allReady(nodes: Nodes): Promise<void> {
  await waitFor("all are ready", async () => {
    const all = await listed(nodes);
    return all.length === nodes.all.length && all.every((node) => node.ready);
  });
}

async function listed({ manager, first }: Nodes): Promise<Node[]> {
  return (await manager.call(first, "GET", "/nodes")).json["nodes"] as Node[];
}

async function clientOf({ webSocketUrl }: Program, sub: string): Promise<TestClient> {
  return await TestClient.connectWithToken(webSocketUrl, await connectionToken({ sub }));
}

async function ready({ url }: Program): Promise<{ status: number }> {
  const response = await fetch(`${url}/readyz`);
  await response.body?.cancel();
  return { status: response.status };
}
