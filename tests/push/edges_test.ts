/** What pushes come to at the edges: what a page took in silence, what was put off, taken back or denied, and where paths lead. */
import assert from "node:assert/strict";
import { NoDatabase } from "../../lib/engines/database/database.ts";
import type { Kept } from "../../lib/inbox/store/store.ts";
import type { Timer } from "../../lib/inbox/timing/types.ts";
import { readConfig } from "../../lib/configuration.ts";
import { Decisions } from "../../lib/preferences/decisions.ts";
import { KnownPreferences } from "../../lib/preferences/known_preferences.ts";
import { preferenceCounters } from "../../lib/preferences/metrics.ts";
import { pushCounters } from "../../lib/push/metrics.ts";
import { PushQueue } from "../../lib/push/queue.ts";
import { beforeEnd } from "../support/before_end.ts";
import { Manager } from "../support/manager.ts";
import { type Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { FcmService } from "../support/push/fcm_service.ts";
import { MailServer } from "../support/push/mail_server.ts";
import { NtfyServer } from "../support/push/ntfy_server.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES) {
  Deno.test(`pushes at the edges (${place})`, async (test) => {
    await using service = new WebPushService();
    await using ntfy = new NtfyServer();
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    const env = { ...ntfy.env, APP_PUSH_AFTER: "10s", ...postgres?.env };
    await using nodes = await start(env);
    const { first, last, manager } = nodes;

    await test.step("what a page took while it was quiet is pushed then, where no page is open", async () => {
      const { one, id } = await beforeEnd(2, async (mute_until, turn) => {
        const user = `quiet-${turn}`;
        const one = await registered(nodes, service, user);
        await manager.call(first, "PUT", `/users/${user}/preferences`, { mute_until });
        await using client = await clientAs(user, nodes);
        await client.command("inbox");
        const id = await sent(nodes, { user_id: user });
        await client.get("direct_message");
        await client.command("ack", { ids: [id] });
        return { one, id };
      });
      const [push] = await taken(service, one);
      assert.match(push!.text, new RegExp(id));
      await waitFor("it is noted", async () => (await states(nodes, id)).join() === "taken");
    });

    await test.step("what was put off by a page comes back to the devices, once", async () => {
      const { one, id } = await beforeEnd(2, async (until, turn) => {
        const user = `put-off-${turn}`;
        const one = await registered(nodes, service, user);
        await using client = await clientAs(user, nodes);
        await client.command("inbox");
        const id = await sent(nodes, { user_id: user });
        await client.get("direct_message");
        await client.command("ack", { ids: [id] });
        await client.command("snooze", { ids: [id], until });
        return { one, id };
      });
      await taken(service, one);
      await waitFor("it is noted", async () => (await states(nodes, id)).join() === "taken");
    });

    await test.step("what is taken back of a group is closed as one of the group", async () => {
      const token = ntfy.topic();
      await manager.done(first, "/users/3/devices", { provider: "ntfy", token });
      const id = await sent(nodes, { user_id: 3, group: "orders" });
      const [shown] = await ntfy.get(1);
      await waitFor("it is noted", async () => (await states(nodes, id)).join() === "taken");
      assert.equal((await manager.call(last, "DELETE", `/notifications/${id}`)).status, 204);
      await waitFor("it is cleared", () => ntfy.cleared.length > 0);
      assert.equal(ntfy.cleared[0]?.sequence, shown?.sequence_id);
    });

    await test.step("what the service denies this server waits, and the log says so as an error, once", async () => {
      const one = await registered(nodes, service, "4");
      let denied = 0;
      service.answer = ({ subscription }) =>
        one.endpoint.endsWith(`/${subscription}`) && ++denied < 3
          ? new Response(null, { status: 403 })
          : undefined;
      const id = await sent(nodes, { user_id: 4 });
      await taken(service, one);
      await waitFor("it is noted", async () => (await states(nodes, id)).join() === "taken");
      assert.equal(denied, 3);
      const said = nodes.all.flatMap(({ log }) => log).filter(({ level, message }) =>
        level === "error" && String(message).includes("web_push")
      );
      assert.ok(said.length > 0 && said.length <= nodes.all.length, JSON.stringify(said));
      assert.match(String(said[0]!.message), /403/);
      service.answer = () => undefined;
    });
  });
}

Deno.test("a path leads to where a page would go, whatever a proxy has before this server", async () => {
  await using fcm = new FcmService();
  await using mail = await MailServer.start();
  await using program = await Program.start({
    env: { ...fcm.env, ...mail.env, APP_KEY, APP_PUBLIC_URL: "https://shop.example/realtime" },
  });
  const manager = await Manager.of(program);
  await manager.done(program, "/users/7/devices", { provider: "fcm", token: "a".repeat(40) });
  await manager.done(program, "/users/7/devices", { provider: "mail", token: "ada@shop.example" });
  await manager.call(program, "PUT", "/users/7/preferences", { kinds: { "*": { mail: true } } });
  await manager.done(program, "/notifications", {
    ...{ user_id: 7, message: "x", url: "/orders/7", icon: "/realtime/icon.png" },
    actions: [{ type: "view", label: "Open", url: "/orders/7/parts" }],
  });
  const [pushed] = await fcm.get(1);
  const own = JSON.parse(pushed?.["data"].notifyli);
  assert.equal(own.url, "https://shop.example/orders/7");
  assert.equal(own.actions[0].url, "https://shop.example/orders/7/parts");
  assert.match(own.answer, /^https:\/\/shop\.example\/realtime\/push\//);
  const [mailed] = await mail.get(1);
  const unsubscribe = mailed?.headers.get("list-unsubscribe") ?? "";
  assert.match(unsubscribe, /^<https:\/\/shop\.example\/realtime\/unsubscribe\?token=/);
  const { pathname, search } = new URL(unsubscribe.slice(1, -1));
  const path = pathname.replace("/realtime", "") + search;
  const answer = await fetch(new URL(path, program.url), { method: "POST" });
  assert.equal(answer.status, 200, await answer.text());
});

Deno.test("what is due waits where it cannot be read what its user has chosen", async () => {
  const database = new NoDatabase("it is away");
  const counters = preferenceCounters();
  const decisions = new Decisions(
    new KnownPreferences({ database, limits: readConfig({}).config.limits, counters }),
    counters,
  );
  const now = Date.now();
  const queue = new PushQueue({
    ...{ database, decisions, providers: new Map(), counters: pushCounters(), now: () => now },
    inbox: { find: () => Promise.resolve(undefined) },
    pushing: { lookSoon: () => Promise.resolve(), lookLater() {} },
    online: undefined!,
    config: { afterMs: 0, ttlMs: 60_000, hasText: true, devices: 20 },
    wake() {},
  });
  const timer: Timer = {
    ...{ site: "default", user: "1", what: "push", ref: "n", priority: 3, body: "" },
    ...{ dueAt: now, setAt: now },
  };
  const content = { id: "n", room: "r", message: "x" } as unknown as Kept;
  const step = await queue.due(timer, { ways: ["push"], round: 0, content }, undefined);
  assert.deepEqual(step, { then: "wait", until: now + 1000 });
});

async function registered({ first, manager }: Nodes, service: WebPushService, user: string) {
  const token = service.subscribe();
  await manager.done(first, `/users/${user}/devices`, { provider: "web_push", token });
  return token;
}

async function sent({ first, manager }: Nodes, fields: Frame): Promise<string> {
  const { json } = await manager.call(first, "POST", "/notifications", { message: "x", ...fields });
  return String(json["id"]);
}

async function states({ last, manager }: Nodes, id: string): Promise<unknown[]> {
  const { json } = await manager.call(last, "GET", `/notifications/${id}`);
  const pushes = (json["pushes"] ?? []) as Frame[];
  return pushes.filter(({ device }) => device !== undefined).map(({ state }) => state);
}

async function clientAs(user: string, { last }: Nodes): Promise<TestClient> {
  return await TestClient.connectWithToken(last.webSocketUrl, await connectionToken({ sub: user }));
}

async function taken(service: WebPushService, { endpoint }: { endpoint: string }) {
  const own = () => service.taken.filter((each) => endpoint.endsWith(`/${each.subscription}`));
  await waitFor("a push", () => own().length > 0);
  assert.equal(own().length, 1, "and no more");
  return own();
}
