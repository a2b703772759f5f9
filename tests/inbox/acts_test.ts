/** What users do with the actions of notifications: each once, by every door, told to the application, and after a crash. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { applicationOf, userOf } from "../support/chat.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver, type ToldEvent } from "../support/receiver.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { call, INBOX_WORLDS } from "./worlds.ts";

const HOOKS = { HOOK_EVENTS: "notification.action" };

for (const [what, start] of INBOX_WORLDS) {
  Deno.test(`actions are done once, ${what}`, async (t) => {
    await using shop = new AddressServer();
    await using hook = new Receiver();
    await using world = await start(hookEnv(hook.url, HOOKS));
    const { first, last } = world;
    const send = (id: string, actions: object[], user_id = 1) =>
      call(first, "POST", "/notifications", { user_id, id, message: id, actions });
    await using phone = await TestClient.connectV2(first.webSocketUrl);
    await phone.command("connect", { user_id: 1 });
    await using laptop = await TestClient.connectV2(last.webSocketUrl);
    await laptop.command("connect", { user_id: 1 });
    const told = (id: string) =>
      waitFor(`the event of ${id}`, () => {
        const events = hook.told.flatMap(({ events }) => events);
        return events.find(({ data }) => data["id"] === id);
      });
    const listed = async (id: string) => {
      const { notifications } = await laptop.command("inbox", { archived: true });
      return (notifications as Frame[]).find((each) => each["id"] === id);
    };

    await t.step("reply: its text is told, and shown on all devices", async () => {
      await send("reply-001", [{ type: "reply", label: "Answer" }]);
      const done = await phone.command("act", { id: "reply-001", action: "1", text: " Gut 👍 " });
      const { done_at } = done;
      assert.deepEqual(done, { id: "reply-001", action: "1", done_at, text: "Gut 👍" });
      const again = await laptop.command("act", { id: "reply-001", action: "1", text: "Other" });
      assert.deepEqual(again, done, "the second gets what came of the first");
      const frame = await waitFor(
        "all devices hear of it",
        () => laptop.ofType("inbox").find(({ event }) => event === "act"),
      );
      assert.deepEqual(frame, {
        ...{ type: "inbox", event: "act", ids: ["reply-001"], unread: 0, action: "1", done_at },
        text: "Gut 👍",
      });
      const { id: _, at: __, ...event } = await told("reply-001");
      assert.deepEqual(event, {
        ...{ event: "notification.action", site: "default", user_id: 1 },
        data: { id: "reply-001", action: "1", type: "reply", label: "Answer", text: "Gut 👍" },
      });
      const stored = await listed("reply-001");
      assert.deepEqual([stored?.["offset"], stored?.["state"], stored?.["actions"]], [1, "read", [
        { type: "reply", id: "1", label: "Answer", done_at, text: "Gut 👍" },
      ]]);
      assert.deepEqual((await call(last, "GET", "/notifications/reply-001")).json.actions, [
        { id: "1", done_at, text: "Gut 👍" },
      ]);
    });

    await t.step("http: the server calls the address once, and shows its answer", async () => {
      await send("door-0001", [{
        ...{ id: "door", type: "http", label: "Yes", url: `${shop.url}/door?7`, method: "PUT" },
        ...{ headers: { "X-Secret": "s" }, body: '{"a":1}', clear: true },
      }, { type: "view", label: "See", url: "/orders/7" }]);
      const answers = await Promise.all(
        [phone, laptop, phone].map((each) =>
          each.command("act", { id: "door-0001", action: "door" })
        ),
      );
      const done = answers.filter(({ done_at }) => done_at !== undefined);
      assert.ok(done.length > 0);
      for (const { status, text } of done) assert.deepEqual([status, text], [202, "Door is open"]);
      assert.equal(shop.asked.length, 1);
      const { method, path, body, headers } = shop.asked[0]!;
      assert.deepEqual([method, path, body], ["PUT", "/door?7", '{"a":1}']);
      assert.equal(headers.get("x-secret"), "s");
      assert.match(headers.get("idempotency-key") ?? "", /^[\w-]{32}$/);
      assert.partialDeepStrictEqual((await told("door-0001")).data, {
        ...{ action: "door", type: "http", label: "Yes", status: 202, text: "Door is open" },
      });
      await waitFor("it is archived, since it is done", async () => {
        return (await listed("door-0001"))?.["archived_at"] !== undefined;
      });
      const [door] = (await listed("door-0001"))?.["actions"] as Frame[];
      assert.deepEqual(Object.keys(door ?? {}), [
        ...["type", "id", "label", "clear", "done_at", "status", "text"],
      ], "clients never see what is called");
    });

    await t.step("view is noted; over HTTP it is the same", async () => {
      await send("view-0001", [{ type: "view", label: "See", url: "/orders/7" }]);
      const path = "/users/1/notifications/view-0001/actions/1";
      const { status, json } = await call(last, "POST", path);
      assert.deepEqual([status, json], [200, {
        ...{ id: "view-0001", user_id: 1, action: "1", done_at: json.done_at },
      }]);
      assert.deepEqual((await call(first, "POST", path)).json, json);
      await told("view-0001");
    });

    await t.step(
      "an address that does not answer may be called again; redirects are shown",
      async () => {
        await send("gone-0001", [
          { type: "http", label: "Gone", url: "http://127.0.0.1:1/x" },
          { type: "http", label: "Away", url: `${shop.url}/moved`, method: "GET" },
          { type: "http", label: "Long", url: `${shop.url}/long` },
        ]);
        for (const _ of ["once", "and again"]) {
          await assert.rejects(
            phone.command("act", { id: "gone-0001", action: "1" }),
            /unavailable/,
          );
        }
        const moved = await phone.command("act", { id: "gone-0001", action: "2" });
        assert.deepEqual([moved["status"], moved["text"]], [302, "There"]);
        const long = await phone.command("act", { id: "gone-0001", action: "3" });
        assert.equal(String(long["text"]).length, 4096);
        assert.ok(!shop.asked.some(({ path }) => path === "/elsewhere"));
      },
    );

    await t.step("what is wrong is refused", async () => {
      const refused = async (fields: Frame, pattern: RegExp) =>
        await assert.rejects(phone.command("act", fields), pattern);
      await send("wrong-001", [{ type: "reply", label: "Answer" }]);
      await refused({ id: "wrong-001", action: "2" }, /not_found.*action/);
      await refused({ id: "wrong-002", action: "1" }, /not_found.*notification/);
      await refused({ id: "wrong-001", action: "1" }, /missing_field.*text/);
      await refused(
        { id: "wrong-001", action: "1", text: "x".repeat(1001) },
        /invalid_field.*text/,
      );
      assert.equal(
        (await call(first, "POST", "/users/2/notifications/wrong-001/actions/1")).status,
        404,
      );
    });

    await t.step("in the library", async () => {
      const client = connect({ url: last.webSocketUrl, userId: 9 });
      using _client = { [Symbol.dispose]: () => client.close() };
      client.on("notification", () => {});
      await waitFor("it is online", () => client.state.kind === "online");
      await send("lib-00001", [{ type: "reply", label: "Answer" }], 9);
      await waitFor("it comes", () => client.notifications.list.length === 1);
      const done = await client.notifications.act("lib-00001", "1", { text: "Yes" });
      assert.deepEqual(done, { doneAt: done.doneAt, text: "Yes" });
      const action = await waitFor("the list has it", () => {
        const [action] = client.notifications.list[0]?.details?.actions ?? [];
        return action?.doneAt !== undefined && action;
      });
      assert.deepEqual(action, {
        ...{ id: "1", type: "reply", label: "Answer", doneAt: done.doneAt, text: "Yes" },
      });
      assert.deepEqual([client.notifications.list[0]?.read, client.notifications.unread], [
        true,
        0,
      ]);
    });

    await t.step("it is told once, counted, exported and erased", async () => {
      const events = hook.told.flatMap(({ events }): readonly ToldEvent[] => events);
      const names = events.map(({ data }) => `${data["id"]} ${data["action"]}`);
      assert.deepEqual([...new Set(names)].sort(), names.sort());
      const stats = (await call(first, "GET", "/stats")).json;
      const others = (await call(last, "GET", "/stats")).json;
      assert.ok(stats.notification_actions + others.notification_actions >= 6);
      const manager = await applicationOf(first, ["manage"]);
      const data = await fetch(`${first.url}/api/users/9/data`, {
        headers: { authorization: `Bearer ${manager.bearer}` },
      });
      assert.match(
        await data.text(),
        /"type":"action","notification_id":"lib-00001","action":"1","done_at":\d+,"text":"Yes"/,
      );
      const { erased } = await manager.done("DELETE", "/users/9/data");
      assert.partialDeepStrictEqual(erased, { notification_actions: 1 });
    });
  });
}

Deno.test("a call that a crash has broken off is made again, with the same key", async () => {
  await using shop = new AddressServer();
  await using hook = new Receiver();
  const dataDir = await Deno.makeTempDir();
  const env = hookEnv(hook.url, HOOKS);
  {
    await using program = await Program.start({ dataDir, env });
    const actions = [{ type: "http", label: "Hang", url: `${shop.url}/hang` }];
    await call(program, "POST", "/notifications", {
      user_id: 1,
      id: "hang-0001",
      message: "x",
      actions,
    });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    client.send({ type: "act", id: "hang-0001", action: "1" });
    await waitFor("the address is asked", () => shop.asked.length === 1);
    await program.kill();
  }
  shop.isHanging = false;
  await using program = await Program.start({ dataDir, env });
  await waitFor("it is asked again", () => shop.asked.length === 2, 30_000);
  const [one, other] = shop.asked.map(({ headers }) => headers.get("idempotency-key"));
  assert.ok(one);
  assert.equal(one, other);
  await hook.get(1);
  const { json } = await call(program, "GET", "/notifications/hang-0001");
  assert.partialDeepStrictEqual(json.actions, [{ id: "1", status: 200, text: "Late" }]);
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("users act over HTTP by their connection tokens, and calls reach no private address", async () => {
  await using shop = new AddressServer();
  await using program = await Program.start({ env: { APP_KEY } });
  const app = await applicationOf(program, ["publish"]);
  const actions = [
    { type: "view", label: "See", url: "/x" },
    { type: "http", label: "Call", url: `${shop.url}/door` },
  ];
  await app.done("POST", "/notifications", { user_id: 1, id: "order-0001", message: "x", actions });
  const path = "/users/1/notifications/order-0001/actions";
  assert.equal((await (await userOf(program, 2)).call("POST", `${path}/1`)).status, 403);
  const alice = await userOf(program, 1);
  assert.equal((await alice.done("POST", `${path}/1`))["action"], "1");
  const { status, json } = await alice.call("POST", `${path}/2`);
  assert.deepEqual([status, json["code"], shop.asked.length], [503, "unavailable", 0]);
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** The address that actions call. */
class AddressServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  isHanging = true;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #ending = Promise.withResolvers<void>();

  constructor() {
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.resolve();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    this.asked.push({ method, path: pathname + search, headers, body: await request.text() });
    switch (pathname) {
      case "/hang":
        if (this.isHanging) await this.#ending.promise;
        return new Response("Late");
      case "/moved":
        return new Response("There", { status: 302, headers: { location: "/elsewhere" } });
      case "/long":
        return new Response("x".repeat(100_000));
      default:
        return new Response("Door is open\n", { status: 202 });
    }
  }
}
