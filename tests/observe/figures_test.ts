/** What a node measures: its connections, how they end and come back, how long things take, and what waits. */
import assert from "node:assert/strict";
import { PLACES } from "../support/nodes.ts";
import { checkFigures, type Figure, figuresIn } from "../support/promtool.ts";
import { Receiver, webhookEnv } from "../support/receiver.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES) {
  Deno.test(`/metrics measures connections, deliveries and what waits (${place})`, async () => {
    await using nodes = await start();
    const { manager, last: program } = nodes;
    const read = async () => {
      const headers = { authorization: `Bearer ${manager.key}` };
      const text = await (await fetch(`${program.url}/metrics`, { headers })).text();
      await checkFigures(text);
      return new Seen(figuresIn(text));
    };
    const listener = nodes.redis || place.endsWith("node") ? "node" : "deno";
    const speaking = { protocol: "v2", transport: "websocket", listener };
    const token = await connectionToken({ sub: "1" });
    await using client = await TestClient.connectWithToken(program.webSocketUrl, token);
    const { offset, epoch } = await client.command("inbox", { since: { offset: 0, epoch: "" } });
    const before = await read();
    assert.equal(before.of("connections", speaking), 1);
    assert.equal(before.of("handshake_seconds_count"), 1);
    assert.equal(before.of("scheduled"), 0);
    const recovered = { of: "inbox", result: "recovered" };
    assert.equal(before.of("recovered_total", recovered), 0);

    const note = { user_id: 1, message: "Hello" };
    await manager.done(program, "/notifications", note);
    const [got] = await client.get("direct_message");
    await client.command("ack", { ids: [got!["id"]] });
    await client.command("inbox", { since: { offset, epoch } });
    await client.command("inbox", { since: { offset: 7, epoch: "another" } });
    const deliver_at = Math.ceil(Date.now() / 1000) + 3600;
    await manager.done(program, "/notifications", { ...note, deliver_at });
    const after = await read();
    assert.equal(after.of("messages_total", { kind: "notification" }), 1);
    assert.equal(after.of("publish_seconds_count"), 1);
    for (const stage of ["written", "acknowledged"]) {
      assert.equal(after.of("deliver_seconds_count", { stage }), 1, stage);
      assert.equal(after.of("deliver_seconds_bucket", { stage, le: "10" }), 1, stage);
    }
    const atOnce = after.of("deliver_seconds_bucket", { stage: "written", le: "0.0001" });
    assert.equal(atOnce, 0, "the store took its time");
    assert.equal(after.of("scheduled"), 1);
    assert.equal(after.of("recovered_total", recovered), 1);
    const lost = { of: "inbox", result: "lost" };
    assert.equal(after.of("recovered_total", lost), before.of("recovered_total", lost)! + 1);
    if (nodes.redis === undefined) assert.ok(after.of("store_sync_seconds_count")! >= 1);
    assert.ok(after.of("event_loop_lag_seconds_count")! > 0);

    await manager.done(program, "/users/1/disconnect");
    await waitFor("the connection is counted as closed", async () => {
      const seen = await read();
      return seen.of("disconnects_total", { code: "3015" }) === 1 &&
        seen.of("connections", speaking) === 0;
    });
  });
}

Deno.test("the lag of a webhook grows while the application takes nothing, and ends once it does", async () => {
  await using receiver = new Receiver();
  receiver.answer = () => new Response(null, { status: 503 });
  const [, start] = PLACES[0]!;
  await using nodes = await start(webhookEnv(receiver.url));
  const { manager, first } = nodes;
  const lag = async () => {
    const headers = { authorization: `Bearer ${manager.key}` };
    const text = await (await fetch(`${first.url}/metrics`, { headers })).text();
    return new Seen(figuresIn(text)).of("webhook_lag_seconds", { endpoint: "webhook" });
  };
  assert.equal(await lag(), 0);
  await using client = await TestClient.connectWithToken(
    first.webSocketUrl,
    await connectionToken({ sub: "1" }),
  );
  await manager.done(first, "/notifications", { user_id: 1, message: "Hello" });
  const [got] = await client.get("direct_message");
  await client.command("ack", { ids: [got!["id"]] });
  await waitFor("it grows", async () => (await lag())! > 0.5);
  receiver.answer = () => new Response(null, { status: 204 });
  await waitFor("it ends", async () => await lag() === 0, 30_000);
});

/** Figures by their names, without the program's, and their labels. */
class Seen {
  readonly #figures: readonly Figure[];

  constructor(figures: readonly Figure[]) {
    this.#figures = figures;
  }

  of(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = Object.entries(labels);
    return this.#figures.find((figure) =>
      figure.name === `notifyli_${name}` &&
      wanted.every(([label, value]) => figure.labels[label] === value)
    )?.value;
  }
}
