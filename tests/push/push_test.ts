/** What is pushed to whom, and when, with real push services on this machine, on both engines and listeners. */
import assert from "node:assert/strict";
import { beforeEnd } from "../support/before_end.ts";
import { Nodes, PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { type TakenPush, WebPushService } from "../support/push/web_push_service.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** How long who is connected has to take something: a busy machine has it take a while. */
const AFTER_MS = 6000;

const ENV = {
  APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
  APP_PUSH_AFTER: `${AFTER_MS / 1000}s`,
  APP_PUBLIC_URL: "https://chat.example/realtime/",
};

interface Shown {
  readonly title?: string;
  readonly body?: string;
  readonly tag: string;
  readonly app_badge: number;
  readonly navigate: string;
  readonly data: { readonly notifyli: Frame };
}

/** What a push shows. */
function shownBy({ text }: TakenPush): Shown {
  return JSON.parse(text).notification;
}

for (const [place, start] of PLACES) {
  Deno.test(`push (${place})`, async (test) => {
    await using service = new WebPushService();
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({ ...ENV, ...postgres?.env });
    const { first, last, manager } = nodes;
    const world = worldOf(nodes, service);
    const { device, send, pushes, taken, clientAs } = world;

    await test.step("who is not there is pushed at once, once to each device, with all that is shown", async () => {
      const [one, two] = [await device("1"), await device("1")];
      const id = await send({
        ...{ user_id: 1, title: "Order 7", message: "It was shipped", url: "/orders/7" },
        ...{ group: "orders", priority: 4, kind: "order.shipped", data: { order: 7 } },
        actions: [{ type: "reply", id: "r", label: "Answer" }],
      });
      const [push] = await taken(one);
      assert.equal((await taken(two)).length, 1);
      const { title, body, tag, navigate, app_badge, data } = shownBy(push!);
      assert.deepEqual([title, body, tag, navigate, app_badge], [
        ...["Order 7", "It was shipped", "orders", "/orders/7", 1],
      ]);
      const { answer, ...own } = data.notifyli;
      assert.match(String(answer), /^https:\/\/chat\.example\/realtime\/push\/[\w-]+\.[\w-]{22}$/);
      assert.partialDeepStrictEqual(own, {
        ...{ id, group: "orders", priority: 4, kind: "order.shipped", data: { order: 7 } },
        actions: [{ id: "r", type: "reply", label: "Answer" }],
      });
      assert.equal(push!.headers.get("urgency"), "high");
      await pushes(id, ["taken", "taken"]);
      const exported = await fetch(`${last.url}/api/users/1/data`, {
        headers: { authorization: `Bearer ${manager.key}` },
      });
      const lines = (await exported.text()).trim().split("\n").map((line) => JSON.parse(line));
      const records = lines.filter(({ type }) => type === "push");
      assert.deepEqual(records.map((each) => [each.id, each.state]), Array(2).fill([id, "taken"]));
      const [known] = await world.devices("1");
      assert.equal((known!["last"] as Frame)["result"], "taken");
    });

    await test.step("the second one counts as the second that is unread", async () => {
      const [one] = await world.of("1");
      await send({ user_id: 1, message: "Plain" });
      const [, push] = await taken(one!, 2);
      const { title, body, app_badge } = shownBy(push!);
      assert.deepEqual([title, body, app_badge], ["Plain", undefined, 2]);
    });

    await test.step("who is connected has a while to take it, at whichever node", async () => {
      const one = await device("2");
      await using client = await clientAs("2", last);
      await client.command("inbox");
      const id = await send({ user_id: 2 });
      await client.get("direct_message");
      await client.command("ack", { ids: [id] });
      await pushes(id, ["spared"], "delivered");
      const sentAt = performance.now();
      await send({ user_id: 2, message: "Nobody took it" });
      const [push] = await taken(one);
      assert.equal(shownBy(push!).title, "Nobody took it");
      assert.ok(performance.now() - sentAt > AFTER_MS - 100, "it did not wait");
    });

    await test.step("what is urgent waits for nobody", async () => {
      const one = await device("3");
      await using client = await clientAs("3", last);
      await client.command("inbox");
      const at = performance.now();
      await send({ user_id: 3, priority: 5 });
      await taken(one);
      assert.ok(performance.now() - at < AFTER_MS - 100, "it waited");
    });

    await test.step("what is urgent is pushed though a page has taken it, and not once it was read", async () => {
      await using clients = new AsyncDisposableStack();
      const { one, read } = await beforeEnd(2, async (mute_until, turn) => {
        const user = `urgent-${turn}`;
        const one = await device(user);
        const client = clients.use(await clientAs(user, first));
        await client.command("inbox");
        // So that the page has it before it is pushed.
        await manager.call(first, "PUT", `/users/${user}/preferences`, { mute_until });
        const [seen, read] = [
          await send({ user_id: user, priority: 5, message: "Urgent", id: `urgent-${turn}1` }),
          await send({ user_id: user, priority: 5, message: "Read", id: `urgent-${turn}2` }),
        ];
        await client.get("direct_message", 2);
        await client.command("ack", { ids: [seen, read] });
        await client.command("read", { ids: [read] });
        return { one, read };
      });
      const [push] = await taken(one);
      assert.equal(shownBy(push!).title, "Urgent");
      await pushes(read, ["spared"], "read");
      assert.equal((await taken(one)).length, 1);
    });

    await test.step("what can wait comes without a sound, and Markdown as its words", async () => {
      const one = await device("31");
      const fields = { user_id: 31, message: "**Sale**: see [shop](https://shop.example)" };
      await send({ ...fields, priority: "low", markdown: true });
      const [low] = await taken(one);
      const { title, silent } = JSON.parse(low!.text).notification;
      assert.deepEqual([title, silent], ["Sale: see shop", true]);
      await send(fields);
      const [, usual] = await taken(one, 2);
      const shown = JSON.parse(usual!.text).notification;
      assert.deepEqual([shown.title, shown.silent], [fields.message, undefined]);
    });

    await test.step("what is taken back, read or expired is not pushed, and it is known why", async () => {
      const one = await device("4");
      await using client = await clientAs("4", last);
      await client.command("inbox");
      const ids = [];
      for (const what of ["withdrawn", "read", "archived"]) {
        ids.push(await send({ user_id: 4, id: `gone-${what}`, message: what }));
      }
      assert.equal((await manager.call(first, "DELETE", `/notifications/${ids[0]}`)).status, 204);
      await client.command("read", { ids: [ids[1]] });
      await client.command("archive", { ids: [ids[2]] });
      await pushes(ids[1]!, ["spared"], "read");
      await pushes(ids[2]!, ["spared"], "archived");
      assert.equal((await taken(one, 0)).length, 0);
    });

    await test.step("preferences and quiet hours say whether and when, and what no inbox has is pushed", async () => {
      const one = await device("5");
      const put = (body: object) => manager.call(first, "PUT", "/users/5/preferences", body);
      await put({ kinds: { news: { push: false }, tip: { in_app: false } } });
      const unwanted = await send({ user_id: 5, kind: "news" });
      await pushes(unwanted, ["spared"], "preferences");
      await send({ user_id: 5, kind: "tip", title: "Only pushed", message: "x" });
      assert.equal(shownBy((await taken(one))[0]!).title, "Only pushed");
      const tip = { tip: { in_app: false } };
      await put({ kinds: tip, mute_until: Math.ceil(Date.now() / 1000) + 6 });
      const back = await send({ user_id: 5, kind: "tip", title: "Taken back", message: "x" });
      const { status } = await manager.call(first, "DELETE", `/notifications/${back}`);
      assert.equal(status, 204, "it is in no inbox, and waits to be pushed");
      const quiet = await send({ user_id: 5, title: "After quiet hours", message: "x" });
      await send({ user_id: 5, title: "Critical", message: "x", critical: true });
      const [, critical] = await taken(one, 2);
      assert.equal(shownBy(critical!).title, "Critical");
      const [, , late] = await taken(one, 3);
      assert.equal(shownBy(late!).title, "After quiet hours");
      await pushes(quiet, ["taken"]);
    });

    await test.step("what was seen elsewhere is closed at the devices that show it", async () => {
      const one = await device("6");
      const id = await send({ user_id: 6, id: "closed-0001", message: "x" });
      const other = await send({ user_id: 6, message: "y" });
      await taken(one, 2);
      await pushes(id, ["taken"]);
      await using client = await clientAs("6", last);
      await client.command("inbox");
      await client.command("read", { ids: [id] });
      const [, , closing] = await taken(one, 3);
      assert.deepEqual(JSON.parse(closing!.text), { notifyli: { close: [id], badge: 1 } });
      await pushes(id, ["closed"]);
      await manager.call(first, "DELETE", `/notifications/${other}`);
      const [, , , second] = await taken(one, 4);
      assert.deepEqual(JSON.parse(second!.text), { notifyli: { close: [other], badge: 0 } });
    });

    await test.step("a device that is gone is removed, and nothing else is sent to it", async () => {
      const one = await device("7");
      service.end(one);
      const id = await send({ user_id: 7 });
      await pushes(id, ["gone"]);
      assert.deepEqual(await world.devices("7"), []);
      assert.ok(
        (await manager.stats(first))["devices_gone"]! +
            (await manager.stats(last))["devices_gone"]! > 0,
      );
      const next = await send({ user_id: 7 });
      const { json } = await manager.call(last, "GET", `/notifications/${next}`);
      assert.equal(json["pushes"], undefined);
    });

    await test.step("a service that fails is asked again when it wants to, and refusals are kept", async () => {
      const one = await device("8");
      let count = 0;
      let isSeen = false;
      service.answer = ({ subscription }) =>
        one.endpoint.endsWith(`/${subscription}`) && (++count < 3 || !isSeen)
          ? new Response(null, { status: 503, headers: { "retry-after": "1" } })
          : undefined;
      const id = await send({ user_id: 8, message: "x" });
      await waitFor("it waits", async () => {
        const { json } = await manager.call(last, "GET", `/notifications/${id}`);
        const [push] = json["pushes"] as Frame[];
        return push?.["state"] === "waiting" && String(push["why"]).includes("503");
      });
      isSeen = true;
      await taken(one);
      assert.ok(count >= 3, `it was asked ${count} times`);
      await pushes(id, ["taken"]);
      service.answer = () => undefined;
    });

    await test.step("of a blocked user's devices nothing is heard", async () => {
      const one = await device("9");
      await manager.call(first, "POST", "/users/9/block");
      const id = await send({ user_id: 9 });
      await pushes(id, ["spared"], "blocked");
      await manager.call(first, "POST", "/users/9/unblock");
      await send({ user_id: 9 });
      await taken(one);
    });

    await test.step("many, digests, repeats and what was scheduled are pushed as all else", async () => {
      const [one, two] = [await device("10"), await device("11")];
      await send({ user_ids: [10, 11], id: "to-many-01", title: "To many", message: "x" });
      for (const each of [one, two]) {
        assert.equal(shownBy((await taken(each))[0]!).title, "To many");
      }
      const put = (kind: string, body: object) =>
        manager.call(first, "PUT", `/kinds/${kind}`, body);
      await put("order", { digest: { window: "4s" } });
      await send({ user_id: 10, kind: "order", title: "A", message: "x" });
      await send({ user_id: 10, kind: "order", title: "B", message: "x" });
      await send({
        user_id: 11,
        title: "Later",
        message: "x",
        deliver_at: Math.ceil(Date.now() / 1000) + 1,
      });
      assert.equal(shownBy((await taken(two, 2))[1]!).title, "Later");
      const [, digest] = await taken(one, 2);
      assert.match(`${shownBy(digest!).title} ${shownBy(digest!).body}`, /A, B/);
      await put("alarm", { repeat: { every: "1s", times: 1, escalate: { way: "push" } } });
      const id = await send({ user_id: 10, kind: "alarm", title: "Alarm", message: "x" });
      const all = await taken(one, 5);
      assert.deepEqual(all.slice(2).map((each) => shownBy(each).title), [
        "Alarm",
        "Alarm",
        "Alarm",
      ]);
      await pushes(id, ["taken"]);
    });
  });
}

Deno.test("nothing is pushed where that is off", async () => {
  await using service = new WebPushService();
  await using nodes = await Nodes.embedded("deno", { ...ENV, APP_PUSH_AFTER: "off" });
  const { device, send } = worldOf(nodes, service);
  await device("1");
  const id = await send({ user_id: 1, priority: 5 });
  const { json } = await nodes.manager.call(nodes.first, "GET", `/notifications/${id}`);
  assert.equal(json["pushes"], undefined);
  const config = await (await fetch(`${nodes.first.url}/config.json`)).json();
  assert.equal(config.push_key, undefined);
  await new Promise((resolve) => setTimeout(resolve, 1500)); // longer than a node waits between two looks
  assert.equal(service.taken.length, 0);
});

function worldOf({ first, last, manager }: Nodes, service: WebPushService) {
  const subscriptions = new Map<string, ReturnType<WebPushService["subscribe"]>[]>();
  const receipt = async (id: string) =>
    (await manager.call(last, "GET", `/notifications/${id}`)).json;
  return {
    of: (user: string) => subscriptions.get(user) ?? [],
    async device(user: string) {
      const token = service.subscribe();
      const made = await manager.call(first, "POST", `/users/${user}/devices`, {
        ...{ provider: "web_push", token },
      });
      assert.equal(made.status, 201, JSON.stringify(made.json));
      subscriptions.set(user, [...subscriptions.get(user) ?? [], token]);
      return token;
    },
    async devices(user: string): Promise<Frame[]> {
      const { json } = await manager.call(last, "GET", `/users/${user}/devices`);
      return json["devices"] as Frame[];
    },
    async send(fields: Frame): Promise<string> {
      const { status, json } = await manager.call(first, "POST", "/notifications", {
        message: "x",
        ...fields,
      });
      assert.ok(status < 300, JSON.stringify(json));
      return String(json["id"]);
    },
    /** The receipt, once the pushes are in these states. */
    async pushes(id: string, states: readonly string[], why?: string): Promise<void> {
      let found: Frame[] = [];
      await waitFor(`${id} ${states} ${why ?? ""}`, async () => {
        found = (await receipt(id))["pushes"] as Frame[] ?? [];
        return found.map(({ state }) => state).join() === states.join();
      }).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(found)}`));
      if (why !== undefined) assert.equal(found[0]?.["why"], why);
    },
    /** What a subscription got, once there is so much. */
    async taken({ endpoint }: { endpoint: string }, count = 1): Promise<TakenPush[]> {
      const own = () => service.taken.filter((each) => endpoint.endsWith(`/${each.subscription}`));
      await waitFor(`${count} pushes`, () => own().length >= count);
      assert.equal(own().length, count, "and no more");
      return own();
    },
    async clientAs(user: string, program = last): Promise<TestClient> {
      const token = await connectionToken({ sub: user });
      return await TestClient.connectWithToken(program.webSocketUrl, token);
    },
  };
}
