/** `GET /api/log` and the levels: what nodes log, and what of it. */
import assert from "node:assert/strict";
import { isMeant, type LogLine, LogTail, MOST_LINES } from "../../lib/log/tail.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

for (const [place, start] of PLACES) {
  Deno.test(`GET /api/log shows the lines of all nodes, from the levels on that are set (${place})`, async () => {
    await using nodes = await start();
    const { manager, first, last } = nodes;
    const call = async (method: "GET" | "PUT", path: string, body?: unknown) => {
      const { status, json } = await manager.call(first, method, path, body);
      assert.equal(status, 200, JSON.stringify(json));
      return json;
    };
    const lines = async (query: string) => (await call("GET", `/log?${query}`))["lines"] as Json[];
    const ids = (await waitFor("all nodes are there", async () => {
      const listed = (await call("GET", "/nodes"))["nodes"] as Json[];
      return listed.length === nodes.all.length && listed;
    })).map(({ id }) => String(id));
    const listens = (await lines("limit=1000")).filter(({ message }) =>
      String(message).includes("listens on")
    );
    assert.deepEqual(new Set(listens.map(({ node }) => node)), new Set(ids));
    const [line] = listens;
    assert.deepEqual(
      Object.keys(line!).sort(),
      ["at", "category", "level", "message", "node", "properties"],
    );
    assert.deepEqual([line?.["level"], line?.["category"]], ["info", "notifyli"]);
    assert.equal(typeof (line?.["properties"] as Json)["url"], "string");
    const own = await lines(`node=${ids[0]}&limit=1000`);
    assert.ok(own.length > 0 && own.every(({ node }) => node === ids[0]));
    const missing = await manager.call(first, "GET", "/log?node=nobody");
    assert.equal(missing.status, 404);

    // A client that connects is told of at debug level, by category, on all nodes.
    const connects = async () => {
      for (const program of [first, last]) {
        await using _ = await TestClient.connectWithToken(
          program.webSocketUrl,
          await connectionToken({ sub: "1" }),
        );
      }
      return await lines("category=notifyli.node&level=debug&limit=1000");
    };
    const isConnect = ({ message }: Json) => /^client \w+ connected$/.test(String(message));
    assert.equal((await connects()).filter(isConnect).length, 0);
    const levels = { "notifyli.node": "debug" };
    assert.deepEqual((await call("PUT", "/log/levels", { levels }))["levels"], levels);
    assert.deepEqual(await call("GET", "/log/levels"), { levels, usual: "info" });
    const debugged = (await connects()).filter(isConnect);
    assert.equal(debugged.length, 2);
    assert.deepEqual(new Set(debugged.map(({ node }) => node)), new Set(ids));
    assert.ok((await lines("level=info&limit=1000")).every(({ level }) => level !== "debug"));
    // It is also in the log itself.
    await first.line((each) => each.level === "debug" && each.logger === "notifyli.node");
    await call("PUT", "/log/levels", { levels: { "notifyli.node": "error" } });
    await call("PUT", "/log/levels", { levels: {} });
    const before = (await lines("limit=1000&category=notifyli.node")).filter(isConnect).length;
    assert.equal((await connects()).filter(isConnect).length, before);

    // Two requests at different nodes, whose lines any node finds by their ids.
    await call("PUT", "/log/levels", { levels: { "notifyli.http": "debug" } });
    for (const [program, id] of [[first, "the-first-1"], [last, "the-other-1"]] as const) {
      const headers = { authorization: `Bearer ${manager.key}`, "x-request-id": id };
      await (await fetch(`${program.url}/api/stats`, { headers })).body?.cancel();
    }
    await call("PUT", "/log/levels", { levels: {} });
    for (const [id, node] of [["the-first-1", first], ["the-other-1", last]] as const) {
      const found = await lines(`request=${id}&limit=1000`);
      assert.deepEqual(found.map(({ category }) => category), ["notifyli.http"]);
      assert.equal((found[0]?.["properties"] as Json)["request"], id);
      const [own] = listens.filter(({ properties }) => (properties as Json)["url"] === node.url);
      assert.equal(found[0]?.["node"], own?.["node"]);
    }
    assert.deepEqual(await lines("request=the-first-1&level=info"), []);
    assert.deepEqual(await lines("request=nobody-123"), []);
    for (const wrong of ["short", "with%20space", "x".repeat(65)]) {
      const { status, json } = await manager.call(first, "GET", `/log?request=${wrong}`);
      assert.deepEqual([status, json["field"]], [400, "request"], wrong);
    }

    for (
      const wrong of [{ levels: { "notifyli.node": "loud" } }, { levels: { other: "info" } }, {}]
    ) {
      const { status, json } = await manager.call(first, "PUT", "/log/levels", wrong);
      assert.deepEqual([status, json["code"]], [400, "invalid_field"], JSON.stringify(wrong));
    }
    const foreign = await Manager.of(first, "shop");
    for (const path of ["/log", "/log/levels"]) {
      assert.equal((await foreign.call(first, "GET", path)).status, 403);
    }
    assert.equal((await foreign.call(first, "PUT", "/log/levels", { levels })).status, 403);
    const audit = await call("GET", "/audit?limit=1000").catch(() => undefined);
    if (audit !== undefined) {
      const targets = (audit["records"] as Json[]).filter(({ action }) => action === "log.levels")
        .map(({ target }) => target);
      assert.deepEqual(targets, [
        ...["the usual", "notifyli.http debug"],
        ...["the usual", "notifyli.node error", "notifyli.node debug"],
      ]);
    }
  });
}

Deno.test("the tail keeps the last lines, and no more", () => {
  const tail = new LogTail();
  for (let number = 0; number < MOST_LINES + 5; number++) {
    tail.sink({
      ...{ category: ["notifyli"], level: "info", message: [`line ${number}`], rawMessage: "" },
      ...{ timestamp: number, properties: { number, big: 1n } },
    });
  }
  const lines = tail.last({}, Infinity);
  assert.equal(lines.length, MOST_LINES);
  assert.deepEqual([lines[0]?.message, lines.at(-1)?.message], [
    `line ${MOST_LINES + 4}`,
    "line 5",
  ]);
  assert.deepEqual(lines[0]?.properties, {}); // JSON has no BigInt
});

Deno.test("a line whose properties are too much keeps the ids by which it is found", () => {
  const tail = new LogTail();
  for (const large of ["x".repeat(5000), 1n]) {
    const properties = { large, request: "order-12345", trace_id: "abc", span_id: "def" };
    tail.sink({
      ...{ category: ["notifyli"], level: "info", message: ["a line"], rawMessage: "" },
      ...{ timestamp: 0, properties },
    });
  }
  const found = tail.last({ request: "order-12345" }, Infinity);
  const ids = { request: "order-12345", trace_id: "abc", span_id: "def" };
  assert.deepEqual(found.map(({ properties }) => properties), [ids, ids]);
});

Deno.test("a filter takes a level with those above, and a category with those below", () => {
  const line = {
    ...{ at: 0, level: "warning", category: "notifyli.push", message: "" },
    properties: { request: "order-12345" },
  };
  const takes = (filter: Parameters<typeof isMeant>[1]) => isMeant(line as LogLine, filter);
  assert.deepEqual(
    [
      takes({ level: "info" }),
      takes({ level: "error" }),
      takes({ category: "notifyli" }),
      takes({ category: "notifyli.pus" }),
      takes({ request: "order-12345" }),
      takes({ request: "order-1234" }),
    ],
    [true, false, true, false, true, false],
  );
});
