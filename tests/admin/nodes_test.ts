/** `GET /api/nodes`: each node as all nodes see it. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { waitFor } from "../support/wait.ts";

type Node = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly ready: boolean;
  readonly history: readonly Record<string, unknown>[];
};

for (const [place, start] of PLACES) {
  Deno.test(`GET /api/nodes shows all nodes at each of them (${place})`, async () => {
    await using nodes = await start({ APP_NODE_NAME: "example" });
    const { manager } = nodes;
    const seen = await Promise.all(nodes.all.map(async (program) => {
      const json = await waitFor("all nodes are there", async () => {
        const { status, json } = await manager.call(program, "GET", "/nodes");
        assert.equal(status, 200, JSON.stringify(json));
        const listed = json["nodes"] as Node[];
        return listed.length === nodes.all.length && listed.every(({ ready }) => ready) && json;
      });
      return json as { nodes: Node[]; this: string };
    }));
    assert.equal(new Set(seen.map((each) => each.this)).size, nodes.all.length);
    for (const { nodes: listed, this: own } of seen) {
      assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set(seen.map((each) => each.this)));
      const node = listed.find(({ id }) => id === own)!;
      assert.equal(node.ready, true);
      assert.equal(node["name"], "example");
      assert.match(String(node["version"]), /^\d+\.\d+\.\d+/);
      const now = Date.now() / 1000;
      for (const time of ["started_at", "seen_at"]) {
        assert.ok(Math.abs(Number(node[time]) - now) < 60, `${time} ${node[time]}`);
      }
      assert.ok(Number((node["memory"] as { rss: number }).rss) > 1e6);
      for (const name of ["p50", "p99", "max"]) {
        assert.ok((node["loop_lag_ms"] as Record<string, number>)[name]! >= 0);
      }
      assert.equal(node["connections"], 0);
      assert.deepEqual(
        Object.keys(node["rates"] as object),
        ["publications", "deliveries", "requests", "dropped"],
      );
      assert.deepEqual(node["latency_ms"], { p50: null, p99: null });
      assert.ok(node.history.length >= 1);
      assert.deepEqual(
        Object.keys(node.history[0]!),
        "at connections deliveries lag_p99 latency_p50 latency_p99 cpu rss".split(" "),
      );
    }
    const foreign = await Manager.of(nodes.first, "shop");
    const { status, json } = await foreign.call(nodes.first, "GET", "/nodes");
    assert.deepEqual([status, json["code"]], [403, "forbidden"]);
  });
}

Deno.test("a node that is stopped is gone at once, and one that is killed is silent first", async () => {
  const [, , redisPlace] = PLACES;
  await using nodes = await redisPlace![1]();
  const { manager, first, last } = nodes;
  const list = async () => (await manager.call(first, "GET", "/nodes")).json["nodes"] as Node[];
  await waitFor("both are there", async () => {
    const listed = await list();
    return listed.length === 2 && listed.every(({ ready }) => ready);
  });
  last.kill("SIGSTOP");
  const silent = await waitFor(
    "it is silent",
    async () => (await list()).find(({ ready }) => !ready),
  );
  assert.match(String(silent["reason"]), /^silent since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  last.kill("SIGCONT");
  await waitFor("it is back", async () => (await list()).every(({ ready }) => ready));
  last.kill("SIGTERM");
  await waitFor("it is gone", async () => (await list()).length === 1);
});

Deno.test("what other programs say where nodes ask each other harms none", async () => {
  const [, , redisPlace] = PLACES;
  await using nodes = await redisPlace![1]();
  const { manager, first, redis } = nodes;
  const listed = async () => {
    const { json } = await manager.call(first, "GET", "/live/rooms");
    return [json["rooms"], json["missing"]];
  };
  await waitFor("both are there", async () => {
    const { json } = await manager.call(first, "GET", "/nodes");
    return (json["nodes"] as Node[]).filter(({ ready }) => ready).length === 2;
  });
  const said = ["null", "7", "[]", "{", '"text"', '{"what":"live"}', '{"what":7,"ask":1}', "{}"];
  for (const text of [...said, '{"from":"x","ask":1,"answer":1}']) {
    assert.equal(await redis!.call("PUBLISH", "notifyli:node-calls", text), "2", text);
  }
  assert.deepEqual(await listed(), [[], undefined]);
  for (const { log } of nodes.all) {
    assert.deepEqual(log.filter(({ level }) => level === "error"), []);
  }
});
