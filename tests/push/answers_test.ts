/** By which devices answer, and what they are told where texts are kept from push services, on both engines and listeners. */
import assert from "node:assert/strict";
import { CodedError } from "../../lib/base/errors.ts";
import { answerApp } from "../../lib/push/answers.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES) {
  Deno.test(`answers of devices (${place})`, async (test) => {
    await using service = new WebPushService();
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({
      ...{ APP_OUTGOING_PRIVATE_IPS: "127.0.0.1", APP_PUSH_TEXT: "off", ...postgres?.env },
    });
    const { first, last, manager } = nodes;
    const pushed = async (user: number, fields: Frame) => {
      const token = service.subscribe();
      const { json: device } = await manager.call(first, "POST", `/users/${user}/devices`, {
        ...{ provider: "web_push", token },
      });
      await manager.call(first, "POST", "/notifications", { user_id: user, ...fields });
      const own = () =>
        service.taken.filter(({ subscription }) => token.endpoint.endsWith(`/${subscription}`));
      await waitFor("it is pushed", () => own().length > 0);
      const { data, ...shown } = JSON.parse(own()[0]!.text).notification;
      assert.match(data.notifyli.answer, /^\/push\//, "it is a path of the worker's origin");
      return { device, shown, data: data.notifyli, url: `${last.url}${data.notifyli.answer}`, own };
    };
    const post = async (url: string, body: object) => {
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      return { status: response.status, json: await response.json() };
    };

    await test.step("the text is fetched, and nothing of it is in the push", async () => {
      const secret = { title: "Secret title", message: "Secret text", kind: "secret.kind" };
      const more = { url: "/secret", icon: "/secret.png", data: { secret: 1 }, group: "secret" };
      const { own, url, shown } = await pushed(1, { ...secret, ...more, id: "secret-01" });
      assert.doesNotMatch(own()[0]!.text, /secret(?!-01)/i);
      assert.equal(shown.title, "New notification");
      const response = await fetch(url);
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      const { timestamp, ...known } = await response.json();
      assert.ok(timestamp > 0);
      assert.deepEqual(known, {
        ...{ id: "secret-01", ...secret, ...more, name: "system", priority: 3 },
        ...{ read: false, unread: 1 },
      });
      const preflight = await fetch(url, { method: "OPTIONS" });
      assert.deepEqual([preflight.status, await preflight.text()], [204, ""]);
    });

    await test.step("of Markdown there are the words, too, and what means nothing is named", async () => {
      const { url } = await pushed(4, {
        id: "marked-01",
        message: "**Now** or [never](/x)",
        markdown: true,
      });
      const { message, text, markdown } = await (await fetch(url)).json();
      assert.deepEqual([message, text, markdown], [
        ...["**Now** or [never](/x)", "Now or never", true],
      ]);
      const { json } = await post(url, { do: "read", txt: "x" });
      assert.deepEqual(json.ignored, [{ field: "txt", meant: "text" }]);
    });

    await test.step("it is read, archived and acted on, and pages hear of that", async () => {
      await using client = await TestClient.connectWithToken(
        last.webSocketUrl,
        await connectionToken({ sub: "2" }),
      );
      const actions = [{ type: "reply", id: "r", label: "Answer" }];
      const one = await pushed(2, { id: "answer-01", message: "x", priority: 5 });
      assert.deepEqual(await post(one.url, { do: "read" }), {
        ...{ status: 200, json: { id: "answer-01", unread: 0 } },
      });
      const two = await pushed(2, { id: "answer-02", message: "x", priority: 5, actions });
      const acted = await post(two.url, { do: "act", action: "r", text: "Yes" });
      assert.partialDeepStrictEqual(acted.json, { id: "answer-02", action: "r", text: "Yes" });
      assert.equal((await post(two.url, { do: "archive" })).status, 200);
      const events = (await client.get("inbox", 4)).map(({ event }) => event);
      assert.deepEqual(events, ["read", "read", "act", "archive"]);
      const { json } = await manager.call(last, "GET", "/notifications/answer-01");
      const states = (json["pushes"] as Frame[]).map(({ state, why }) => `${state} ${why}`);
      assert.deepEqual(states, ["closed answered"]);
      await waitFor(
        "it is looked at",
        () => new Promise((done) => setTimeout(() => done(true), 1500)),
      );
      assert.equal(
        one.own().filter(({ text }) => text.includes("answer-01")).length,
        1,
        "it knows",
      );
    });

    await test.step("whoever may not is told nothing", async () => {
      const { url, device } = await pushed(3, { id: "answer-03", message: "x" });
      const wrong = [
        url.slice(0, -1) + (url.endsWith("A") ? "B" : "A"),
        `${last.url}/push/x`,
        `${last.url}/push/`,
      ];
      for (const each of wrong) {
        const response = await fetch(each);
        assert.deepEqual([response.status, (await response.json()).code], [404, "not_found"]);
      }
      assert.equal((await post(url, { do: "dance" })).status, 400);
      assert.equal((await post(url, { do: "act", action: "none" })).status, 404);
      await manager.call(first, "POST", "/users/3/block");
      await waitFor("the user is blocked", async () => {
        const response = await fetch(url);
        await response.body?.cancel();
        return response.status === 404;
      });
      await manager.call(first, "POST", "/users/3/unblock");
      await waitFor("the user is back", async () => {
        const response = await fetch(url);
        await response.body?.cancel();
        return response.status === 200;
      });
      await manager.call(first, "DELETE", `/users/3/devices/${device["id"]}`);
      assert.equal((await post(url, { do: "read" })).status, 404);
    });

    await test.step("the page finds the key in its configuration", async () => {
      const { json } = await manager.call(first, "GET", "/push/key");
      await waitFor("it is there", async () => {
        const config = await (await fetch(`${last.url}/config.json`)).json();
        return config.push_key === json["public_key"];
      });
    });
  });
}

Deno.test("before it is known who was blocked, no device is believed", async () => {
  const app = answerApp({
    answers: { read: () => Promise.resolve({ site: "default", user: "1", id: "a", device: "b" }) },
    revocations: { isLoaded: false, blockOf: () => undefined, refusal: () => undefined },
    now: Date.now,
  } as never);
  app.onError((error, context) => context.text(error instanceof CodedError ? error.code : "none"));
  assert.equal(await (await app.request("/token")).text(), "unavailable");
});
