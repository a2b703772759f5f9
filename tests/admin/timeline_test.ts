/** `GET /api/notifications/{id}/timeline`: every step of a notification, and why it did not go on. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

for (const [place, start] of PLACES) {
  Deno.test(`the timeline of a notification has each step, and why not (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last } = nodes;
    const ids = await Promise.all(nodes.all.map(async (program) => {
      return (await manager.call(program, "GET", "/nodes")).json["this"];
    }));
    await waitFor("all nodes are there", async () => {
      const { json } = await manager.call(first, "GET", "/nodes");
      return (json["nodes"] as Json[]).length === nodes.all.length;
    });
    const timeline = async (id: unknown, query = "", who = manager) => {
      const { status, json } = await who.call(
        first,
        "GET",
        `/notifications/${id}/timeline${query}`,
      );
      assert.equal(status, 200, JSON.stringify(json));
      return json["steps"] as Json[];
    };
    const namesOf = (steps: readonly Json[]) => steps.map(({ step }) => step);
    const send = async (user_id: number, fields: Json = {}) =>
      (await manager.done(first, "/notifications", { user_id, message: "x", ...fields }))["id"];

    const offline = await timeline(await send(1));
    assert.deepEqual(namesOf(offline), ["accepted", "stored", "published"]);
    assert.equal(offline.at(-1)?.["why_not"], "The user has no connection.");
    assert.equal(offline[0]?.["node"], ids[0]);
    assert.ok(Math.abs(Number(offline[1]?.["at"]) - Date.now() / 1000) < 60);

    await using client = await TestClient.connectWithToken(
      last.webSocketUrl,
      await connectionToken({ sub: "2" }),
    );
    const action = { type: "view", id: "ok", label: "OK", url: "https://shop.example/orders" };
    const id = await send(2, { actions: [action] });
    await client.get("direct_message");
    const given = await waitFor("it was given", async () => {
      const steps = await timeline(id);
      return namesOf(steps).includes("sent") && steps;
    });
    const sent = given.at(-1)!;
    assert.deepEqual([sent["step"], sent["why_not"]], [
      "sent",
      "No client has acknowledged it yet.",
    ]);
    assert.equal(sent["node"], ids.at(-1));
    const users = await manager.call(first, "GET", "/users/2");
    assert.equal(sent["connection"], (users.json["connections"] as Json[])[0]?.["id"]);
    await client.command("ack", { ids: [id] });
    await client.command("read", { ids: [id] });
    const read = await timeline(id, "?user_id=2");
    assert.deepEqual(namesOf(read), [
      "accepted",
      "stored",
      "published",
      "sent",
      "acknowledged",
      "read",
    ]);
    assert.equal(read[4]?.["connection"], sent["connection"]);
    assert.ok(read.every(({ why_not }) => why_not === undefined));
    // Where the node that accepted it is the one that it was acknowledged at, it is known how long that took.
    if (nodes.all.length === 1) {
      const latency = await waitFor("the latency is shown", async () => {
        const { json } = await manager.call(first, "GET", "/nodes");
        const [node] = json["nodes"] as Json[];
        return (node?.["latency_ms"] as Json)["p50"] !== null && node?.["latency_ms"] as Json;
      });
      assert.ok(Number(latency["p50"]) >= 0 && Number(latency["p99"]) < 60_000);
    }

    const deliver_at = Math.floor(Date.now() / 1000) + 3600;
    const scheduled = await timeline(await send(1, { deliver_at }));
    assert.deepEqual(namesOf(scheduled), ["accepted", "scheduled"]);
    assert.match(String(scheduled[1]?.["why_not"]), /^It waits for its time, \d{4}-.*Z\.$/);

    await manager.call(first, "PUT", "/users/3/preferences", {
      kinds: { news: { in_app: false } },
    });
    const withheld = await send(3, { kind: "news" });
    const held = await timeline(withheld, "?user_id=3");
    assert.deepEqual(namesOf(held), ["held_back"]);
    assert.equal(
      held[0]?.["why_not"],
      "It did not come into the inbox: the user's preferences said so.",
    );

    const taken = await send(4);
    assert.equal((await manager.call(last, "DELETE", `/notifications/${taken}`)).status, 204);
    const withdrawn = await timeline(taken, "?user_id=4");
    assert.deepEqual(namesOf(withdrawn), ["accepted", "withdrawn"]);

    const changed = await send(4, { id: "changed-1" });
    await manager.call(last, "PATCH", `/notifications/${changed}`, { message: "y" });
    assert.deepEqual(
      [...new Set(namesOf(await timeline(changed)))],
      ["accepted", "stored", "published", "edited"],
    );
    await using other = await TestClient.connectWithToken(
      last.webSocketUrl,
      await connectionToken({ sub: "6" }),
    );
    const deleted = await send(6);
    await other.get("direct_message");
    await other.command("delete", { ids: [deleted] });
    const gone = await timeline(deleted, "?user_id=6");
    assert.deepEqual(namesOf(gone), ["accepted", "sent", "deleted"]);
    assert.ok(gone.every(({ why_not }) => why_not === undefined));

    const shop = await Manager.of(first, "shop");
    for (const query of ["", "?user_id=2"]) {
      const path = `/notifications/${id}/timeline${query}`;
      assert.equal((await shop.call(first, "GET", path)).status, 404, query);
    }
    assert.equal((await manager.call(first, "GET", "/notifications/nothing/timeline")).status, 404);
  });
}

for (const [place, start] of PLACES) {
  Deno.test(`the timeline of a notification says that it ran out (${place})`, async () => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { manager, first, last } = nodes;
    const soon = () => Math.floor(Date.now() / 1000) + 5;
    const send = (fields: Json) =>
      manager.done(first, "/notifications", { message: "x", ...fields });
    const ended = (id: string, user: number) =>
      waitFor(`${id} has run out`, async () => {
        const path = `/notifications/${id}/timeline?user_id=${user}`;
        const { json } = await manager.call(last, "GET", path);
        const steps = json["steps"] as Json[] | undefined;
        return steps?.at(-1)?.["step"] === "expired" && steps;
      });
    const facts = (steps: readonly Json[]) => steps.map(({ step, why_not }) => [step, why_not]);

    let expires_at = soon();
    await send({ user_id: 1, id: "nobody-there", expires_at });
    const unseen = await ended("nobody-there", 1);
    assert.deepEqual(facts(unseen).at(-1), ["expired", "No client was given it by then."]);
    assert.deepEqual([unseen[0]?.["step"], unseen.at(-1)?.["at"]], ["accepted", expires_at]);
    assert.ok(unseen.slice(0, -1).every(({ why_not }) => why_not === undefined));

    await using client = await TestClient.connectWithToken(
      last.webSocketUrl,
      await connectionToken({ sub: "2" }),
    );
    // It has all the time that it needs to be given, and is then to run out soon.
    const endsSoon = (id: string) =>
      manager.call(last, "PATCH", `/notifications/${id}`, { expires_at: soon() });
    await send({ user_id: 2, id: "was-given", expires_at: soon() + 3600 });
    await client.get("direct_message");
    await endsSoon("was-given");
    const given = facts(await ended("was-given", 2));
    assert.ok(given.some(([step]) => step === "sent"));
    assert.deepEqual(given.at(-1), ["expired", "No client had acknowledged it by then."]);
    await send({ user_id: 2, id: "was-taken", expires_at: soon() + 3600 });
    await client.command("ack", { ids: ["was-taken"] });
    await endsSoon("was-taken");
    assert.deepEqual(facts(await ended("was-taken", 2)).at(-1), ["expired", undefined]);

    // What counts is the time that it has by its last change.
    await send({ user_id: 3, id: "was-changed", expires_at: soon() + 3600 });
    expires_at = soon();
    await manager.call(last, "PATCH", "/notifications/was-changed", { expires_at });
    const changed = await ended("was-changed", 3);
    assert.deepEqual(facts(changed).map(([step]) => step).slice(-2), ["edited", "expired"]);
    assert.equal(changed.at(-1)?.["at"], expires_at);
  });
}
