/** `GET /api/watch`: what happens on all nodes, as it happens. */
import assert from "node:assert/strict";
import { MOST_WATCHERS } from "../../lib/admin/watch/watches.ts";
import { EventStream } from "../../lib/admin/watch/event_stream.ts";
import { Manager } from "../support/manager.ts";
import { Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import type { Program } from "../support/program.ts";
import { stubClock } from "../support/stub_clock.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { Watch } from "../support/watch.ts";

type Json = Record<string, unknown>;

for (const [place, start] of PLACES) {
  Deno.test(`watching nodes, logs and the audit log of all nodes (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last } = nodes;
    await waitFor("all nodes are there", async () => {
      const { json } = await manager.call(first, "GET", "/nodes");
      return (json["nodes"] as Json[]).length === nodes.all.length;
    });
    await using watch = await Watch.open(first, manager.key, "streams=nodes,log,audit&level=info");
    const shown = await watch.get("nodes");
    assert.equal((shown["nodes"] as Json[]).length, nodes.all.length);
    assert.equal((shown["nodes"] as Json[])[0]?.["history"], undefined);
    await waitFor("they are shown again and again", () => watch.of("nodes").length >= 2);
    await manager.done(last, "/users/7/block");
    const record = await watch.get("audit");
    assert.deepEqual([record["action"], record["target"]], ["user.block", "user 7"]);
    const line = await watch.get("log", ({ category }) => category === "notifyli.audit");
    assert.equal((line["properties"] as Json)["action"], "user.block");
    const { json } = await manager.call(last, "GET", "/nodes");
    assert.equal(line["node"], json["this"]);

    // Another site sees its own part of the audit log, and nothing else.
    const shop = await Manager.of(first, "shop");
    await using own = await Watch.open(first, shop.key, "streams=audit");
    await manager.done(last, "/users/8/block");
    await shop.done(last, "/users/9/block");
    assert.equal((await own.get("audit"))["target"], "user 9");
    assert.equal(own.of("audit").length, 1);
    for (const streams of ["nodes", "log"]) {
      const { status } = await shop.call(first, "GET", `/watch?streams=${streams}`);
      assert.equal(status, 403, streams);
    }
    const wrong = [
      "",
      "streams=x",
      "streams=trace",
      "streams=trace&user=1&room=a",
      "streams=log&level=x",
    ];
    for (const query of wrong) {
      const { status } = await manager.call(first, "GET", `/watch?${query}`);
      assert.equal(status, 400, query);
    }
    // A key that is revoked watches no longer.
    const { id } = await shop.done(first, "/keys", { name: "x", scopes: ["manage"] }).then(
      async ({ id, key }) => {
        await using brief = await Watch.open(first, String(key), "streams=audit");
        await shop.call(first, "DELETE", `/keys/${id}`);
        await waitFor("the stream has ended", () => brief.isEnded);
        return { id };
      },
    );
    assert.ok(id);
  });

  Deno.test(`a trace shows the frames of one user or room, at any node (${place})`, async () => {
    await using nodes = await start();
    const { manager, first, last } = nodes;
    await waitFor("all nodes are there", async () => {
      const { json } = await manager.call(first, "GET", "/nodes");
      return (json["nodes"] as Json[]).length === nodes.all.length;
    });
    const connect = async (sub: string, site?: string) =>
      await TestClient.connectWithToken(
        last.webSocketUrl,
        await connectionToken({ sub, ...(site !== undefined && { site }) }),
      );
    await using one = await connect("1");
    await using two = await connect("2");
    await using user = await Watch.open(first, manager.key, "streams=trace&user=1");
    await using room = await Watch.open(first, manager.key, "streams=trace&room=lobby&texts=1");
    const shop = await Manager.of(first, "shop");
    await using foreign = await Watch.open(first, shop.key, "streams=trace&user=1");
    await one.command("subscribe", { room: "lobby" });
    await one.command("subscribe", { room: "other" });
    await two.command("subscribe", { room: "lobby" });
    await two.command("publish", { room: "lobby", message: "hello" });
    await one.get("usermsg");
    const out = await user.get("trace", ({ type }) => type === "usermsg");
    const { json } = await manager.call(last, "GET", "/nodes");
    assert.deepEqual(
      [out["user_id"], out["room"], out["direction"], out["node"], out["text"]],
      [1, "lobby", "out", json["this"], undefined],
    );
    assert.ok(Number(out["bytes"]) > 20);
    assert.ok(user.of("trace").every(({ user_id }) => user_id === 1));
    const types = user.of("trace").map(({ direction, type, room }) => [direction, type, room]);
    assert.deepEqual(types.slice(0, 2), [["in", "subscribe", "lobby"], ["out", "reply", "lobby"]]);
    assert.ok(types.some(([, , room]) => room === "other"));
    const said = await room.get(
      "trace",
      ({ type, user_id }) => type === "usermsg" && user_id === 2,
    );
    assert.match(String(said["text"]), /"message":"hello"/);
    assert.ok(room.of("trace").every((line) => line["room"] === "lobby"));
    const published = await room.get("trace", ({ type }) => type === "publish");
    assert.deepEqual([published["user_id"], published["direction"]], [2, "in"]);
    // A connection that comes meanwhile is followed from its first frame on, and no token is shown.
    await using _ = await connect("3");
    await using late = await TestClient.connectV2(last.webSocketUrl);
    const token = await connectionToken({ sub: "1" });
    await late.command("auth", { token });
    await late.command("connect");
    await late.command("subscribe", { room: "lobby" });
    await waitFor(
      "it is followed",
      () =>
        user.of("trace").filter(({ room, direction }) => room === "lobby" && direction === "in")
          .length >= 2,
    );
    for (const watch of [user, room]) assert.ok(!JSON.stringify(watch.events).includes(token));
    assert.ok(user.of("trace").every(({ user_id }) => user_id === 1));
    assert.deepEqual(foreign.events, []);
    await using whole = await Watch.open(first, manager.key, "streams=trace&user=1&texts=1");
    const renewed = await connectionToken({ sub: "1" });
    await one.command("auth", { token: renewed });
    const auth = await whole.get("trace", ({ type }) => type === "auth");
    assert.match(String(auth["text"]), /"token":"\*\*\*"/);
    assert.ok(!JSON.stringify(whole.events).includes(renewed));
    const targets = () =>
      first.log.filter(({ action }) => action === "trace.texts").map(({ target }) => target);
    await waitFor("both are logged", () => targets().length === 2);
    assert.deepEqual(targets(), ["room lobby", "user 1"]);
    // Once nobody looks, nothing is tapped any more: no line comes, and the next trace begins anew.
    await user[Symbol.asyncDispose]();
    await room[Symbol.asyncDispose]();
    const before = [user.events.length, room.events.length];
    await one.command("subscribe", { room: "third" });
    assert.deepEqual([user.events.length, room.events.length], before);
  });
}

for (const listener of ["deno", "node"]) {
  Deno.test(`no more than 20 watch at a node, and the place of one who leaves is free (${listener})`, async () => {
    await using nodes = await Nodes.embedded(listener);
    const { manager, first } = nodes;
    await using all = new AsyncDisposableStack();
    const watches: Watch[] = [];
    for (let count = 0; count < MOST_WATCHERS; count++) {
      watches.push(all.use(await Watch.open(first, manager.key, "streams=audit")));
    }
    // One too many would be a stream that never ends: its first words say what it is.
    const opening = await tooMany(first, manager.key);
    assert.deepEqual(opening, { status: 429, code: "too_many_watchers" });
    const stats = await manager.stats(first);
    assert.deepEqual([stats["watchers"], stats["refused_watchers"]], [MOST_WATCHERS, 1]);
    await watches[0]![Symbol.asyncDispose]();
    await waitFor("its place is free", async () => (await manager.stats(first))["watchers"] === 19);
    all.use(await Watch.open(first, manager.key, "streams=audit"));
    assert.equal((await tooMany(first, manager.key)).status, 429, "that was the only place");
    // A stop waits for none of them.
    first.kill("SIGTERM");
    await first.line(({ message }) => message === "stopped");
    await waitFor("all have ended", () => watches.every(({ isEnded }) => isEnded));
  });
}

/** Asks for one more stream, and reads no more of it than whether it was refused, and with which code. */
async function tooMany({ url }: Program, key: string): Promise<{ status: number; code?: string }> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/api/watch?streams=audit`, { headers });
  if (response.status !== 200) {
    return { status: response.status, code: (await response.json()).code };
  }
  await response.body?.cancel();
  return { status: response.status };
}

Deno.test("a slow reader loses what comes meanwhile, and is told how much", async () => {
  const events = new EventStream(() => {});
  const data = { text: "x".repeat(10_000) };
  for (let count = 0; count < 200; count++) events.send("log", data);
  const reader = events.stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("event: lost")) text += (await reader.read()).value;
  const come = text.match(/event: log/g)!.length;
  const [, lost] = /event: lost\ndata: \{"lost":(\d+)\}/.exec(text)!;
  assert.equal(come + Number(lost), 200);
  assert.ok(come > 50 && come < 150);
  events.send("log", { text: "next" });
  assert.match(String((await reader.read()).value), /"next"/);
  events.end();
  await reader.cancel();
});

Deno.test("a reader that takes nothing for a minute has no place any more", () => {
  const realInterval = globalThis.setInterval;
  let pass15 = () => {};
  globalThis.setInterval = ((run: () => void) => {
    pass15 = run;
    return 0;
  }) as unknown as typeof setInterval;
  using clock = stubClock();
  try {
    let isEnded = false;
    const events = new EventStream(() => isEnded = true);
    events.send("log", { text: "x" });
    for (const after of [15, 30, 45]) {
      clock.pass(15_000);
      pass15();
      assert.equal(isEnded, false, `${after} s`);
    }
    clock.pass(15_000);
    pass15();
    assert.equal(isEnded, true);
  } finally {
    globalThis.setInterval = realInterval;
  }
});
