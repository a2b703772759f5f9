/** The devices of users by every door: HTTP, version 2 and the library, on both engines and listeners. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { MailServer } from "../support/push/mail_server.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { connectionToken, nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const ENV = { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1", APP_DEVICES_PER_USER: "3" };

for (const [place, start] of PLACES) {
  Deno.test(`devices (${place})`, async (test) => {
    await using service = new WebPushService();
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using mail = await MailServer.start();
    await using nodes = await start({ ...ENV, ...mail.env, ...postgres?.env });
    const { first, last, manager } = nodes;
    const clientAs = async (user: string, claims: Frame = {}, program = last) =>
      await TestClient.connectWithToken(
        program.webSocketUrl,
        await connectionToken({ sub: user, ...claims }),
      );
    const register = (user: string, token: unknown, more: Frame = {}) =>
      manager.call(first, "POST", `/users/${user}/devices`, {
        ...{ provider: "web_push", token },
        ...more,
      });
    const listed = async (user: string, program = last) => {
      const { json } = await manager.call(program, "GET", `/users/${user}/devices`);
      return json["devices"] as Frame[];
    };
    const asUser = async (user: string, method: string, path: string, body?: object) => {
      const response = await fetch(`${last.url}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${await connectionToken({ sub: user })}` },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, json: text === "" ? {} : JSON.parse(text) };
    };

    await test.step("the same token is the same device, and no answer shows it", async () => {
      const token = service.subscribe();
      const said = {
        platform: "Firefox",
        app: "shop",
        locale: "de-de",
        time_zone: "europe/berlin",
      };
      const made = await register("1", token, said);
      const { id, created_at: createdAt, seen_at: seenAt, ...shown } = made.json;
      assert.equal(made.status, 201);
      assert.match(String(id), /^[\w-]{16}$/);
      assert.ok(Math.abs(Number(createdAt) - nowSeconds()) < 20 && seenAt === createdAt);
      assert.deepEqual(shown, {
        ...{ user_id: 1, provider: "web_push", platform: "Firefox", app: "shop" },
        ...{ locale: "de-DE", time_zone: "Europe/Berlin" },
      });
      const again = await register("1", token, { platform: "Firefox 2" });
      assert.deepEqual([again.status, again.json["id"]], [200, id]);
      const [device, other] = await listed("1");
      assert.deepEqual([device!["platform"], device!["app"], other], [
        ...["Firefox 2", undefined, undefined],
      ]);
      assert.ok(!JSON.stringify(device).includes("endpoint"));
    });

    await test.step("what cannot be a device is refused, and no message shows a token", async () => {
      const wrong: [Frame, string][] = [
        [{ provider: "pigeon" }, "provider"],
        [{ provider: "apns", token: "00" }, "provider"], // it is not set up
        [{ token: "x" }, "token"],
        [{ token: { ...service.subscribe(), endpoint: "http://10.0.0.1/secret" } }, "token"],
        [{ token: { endpoint: "x".repeat(5000) } }, "token"],
        [{ token: service.subscribe(), locale: "not a language" }, "locale"],
        [{ token: service.subscribe(), time_zone: "Mars/Olympus" }, "time_zone"],
      ];
      for (const [fields, field] of wrong) {
        const { status, json } = await register("1", undefined, fields);
        assert.deepEqual([status, json["field"]], [400, field], JSON.stringify(json));
        assert.doesNotMatch(String(json["message"]), /secret|xxxx/);
      }
    });

    await test.step("it is another user's where another one registers it", async () => {
      const token = service.subscribe();
      const { json: before } = await register("2", token);
      const { status, json } = await register("3", token);
      assert.equal(status, 201);
      assert.notEqual(json["id"], before["id"]);
      assert.deepEqual([(await listed("2")).length, (await listed("3")).length], [0, 1]);
    });

    await test.step("users have theirs by HTTP and by version 2, and no one else's", async () => {
      await using client = await clientAs("4");
      const token = service.subscribe();
      const mine = await client.command("register_device", { provider: "web_push", token });
      const { devices } = await client.command("devices");
      assert.deepEqual((devices as Frame[]).map(({ id }) => id), [mine["id"]]);
      const over = await asUser("4", "GET", "/users/4/devices");
      assert.deepEqual(over.json.devices, devices);
      assert.equal((await asUser("5", "GET", "/users/4/devices")).status, 403);
      assert.equal((await asUser("5", "DELETE", `/users/5/devices/${mine["id"]}`)).status, 204);
      assert.equal((await listed("4")).length, 1, "it is not the other one's");
      const removed = await client.command("remove_device", { id: mine["id"] });
      assert.deepEqual(removed, { id: mine["id"], removed: true });
      const again = await client.command("remove_device", { id: mine["id"] });
      assert.deepEqual(again, { id: mine["id"], removed: false });
      const made = await asUser("4", "POST", "/users/4/devices", { provider: "web_push", token });
      assert.equal(made.status, 201);
      const gone = await asUser("4", "DELETE", `/users/4/devices/${made.json.id}`);
      assert.deepEqual([gone.status, await listed("4")], [204, []]);
    });

    await test.step("of too many, that goes which was not seen for longest, and an application is refused", async () => {
      await using client = await clientAs("6");
      const ids: unknown[] = [];
      for (let count = 0; count < 4; count++) {
        const token = service.subscribe();
        ids.push((await client.command("register_device", { provider: "web_push", token }))["id"]);
      }
      assert.deepEqual((await listed("6")).map(({ id }) => id), ids.slice(1).reverse());
      const { status, json } = await register("6", service.subscribe());
      assert.deepEqual([status, json["code"]], [429, "too_many_devices"]);
      assert.equal((await manager.stats(last))["devices_dropped"], 1);
      assert.equal((await manager.stats(first))["refused_devices"], 1);
    });

    await test.step("an address that the application has registered stays, however many devices there are", async () => {
      const address = { provider: "mail", token: "ada@shop.example" };
      const { json: mail } = await register("61", undefined, address);
      await using client = await clientAs("61");
      for (let count = 0; count < 5; count++) {
        const token = service.subscribe();
        await client.command("register_device", { provider: "web_push", token });
      }
      const devices = await listed("61");
      assert.equal(devices.length, 4);
      assert.deepEqual(devices.filter(({ provider }) => provider === "mail").map(({ id }) => id), [
        mail["id"],
      ]);
      const other = { ...address, token: "ada@home.example" };
      assert.equal((await register("61", undefined, other)).status, 201, "addresses are apart");
    });

    await test.step("what is no field of a device is named in the answer", async () => {
      const token = service.subscribe();
      const ignored = [{ field: "plattform", meant: "platform" }];
      const { json } = await register("62", token, { plattform: "x", user_id: 62 });
      assert.deepEqual(json["ignored"], ignored);
      assert.equal((await register("62", token)).json["ignored"], undefined);
      await using client = await clientAs("62");
      const named = { provider: "web_push", token, plattform: "x" };
      assert.deepEqual((await client.command("register_device", named))["ignored"], ignored);
      const { ignored: none } = await client.command("register_device", {
        ...{ provider: "web_push", token },
      });
      assert.equal(none, undefined);
      const removed = await client.command("remove_device", { id: json["id"], al: true });
      assert.deepEqual([removed["removed"], removed["ignored"]], [true, [{ field: "al" }]]);
    });

    await test.step("they go with the session that has registered them, and with the user", async () => {
      const sessions = [{ sid: "s-1" }, { sid: "s-2" }, { jti: "t-1" }];
      for (const claims of sessions) {
        await using client = await clientAs("7", { iat: nowSeconds() - 10, ...claims });
        await client.command("register_device", {
          ...{
            provider: "web_push",
            token: service.subscribe(),
            platform: Object.values(claims)[0],
          },
        });
      }
      const left = async () => (await listed("7")).map(({ platform }) => platform).sort();
      assert.deepEqual(await left(), ["s-1", "s-2", "t-1"]);
      await manager.done(first, "/revocations", { session_id: "s-1" });
      await waitFor("it is gone", async () => (await left()).join() === "s-2,t-1");
      await manager.done(last, "/revocations", { token_id: "t-1" });
      await waitFor("the next is gone", async () => (await left()).join() === "s-2");
      await register("7", service.subscribe(), { platform: "app" });
      await manager.done(last, "/revocations", { user_id: 7 });
      await waitFor("that of the token is gone", async () => (await left()).join() === "app");
      const exported = await fetch(`${first.url}/api/users/7/data`, {
        headers: { authorization: `Bearer ${manager.key}` },
      });
      const lines = (await exported.text()).trim().split("\n").map((line) => JSON.parse(line));
      const [device] = lines.filter(({ type }) => type === "device");
      assert.deepEqual([device.platform, device.token], ["app", undefined]);
      const { json } = await manager.call(first, "DELETE", "/users/7/data");
      assert.equal((json["erased"] as Frame)["devices"], 1);
      assert.deepEqual(await left(), []);
    });

    await test.step("each site has its own", async () => {
      const other = await Manager.of(first, "shop");
      const token = service.subscribe();
      await register("8", token);
      const body = { provider: "web_push", token };
      assert.equal((await other.call(last, "POST", "/users/8/devices", body)).status, 201);
      const { json } = await other.call(last, "GET", "/users/8/devices");
      const [theirs, ...more] = json["devices"] as Frame[];
      assert.equal(more.length, 0);
      await other.call(last, "DELETE", `/users/8/devices/${theirs!["id"]}`);
      assert.equal((await listed("8")).length, 1);
    });

    await test.step("a browser shows its last subscription, and gets the next one registered", async () => {
      const [old, token, other] = [service.subscribe(), service.subscribe(), service.subscribe()];
      const made = await register("60", old);
      const id = String(made.json["id"]);
      const renew = async (device: string, body: unknown, program = last) => {
        const response = await fetch(`${program.url}/push/devices/${device}`, {
          method: "POST",
          headers: { origin: "https://shop.example" },
          body: JSON.stringify(body),
        });
        assert.equal(response.headers.get("access-control-allow-origin"), "*");
        return { status: response.status, json: await response.json() };
      };
      const wrong = { ...old, keys: { ...old.keys, auth: "AAAAAAAAAAAAAAAAAAAAAA" } };
      assert.equal((await renew(id, { old: wrong, token })).status, 404);
      assert.equal((await renew("another-device", { old, token })).status, 404);
      assert.equal((await renew(id, { old, token: "x" })).status, 400);
      assert.equal((await renew(id, { old })).status, 400);
      assert.equal((await renew(id, { token })).status, 400);
      const renewed = await renew(id, { old, token });
      assert.deepEqual(renewed, { status: 200, json: { id } });
      assert.deepEqual(await renew(id, { old, token }, first), renewed); // the answer was lost
      assert.equal((await renew(id, { old, token: other })).status, 404);
      assert.deepEqual((await listed("60")).map((each) => each["id"]), [id]);
      assert.equal((await register("60", token)).status, 200);
      // A page was faster, and has registered the next one already.
      const faster = await register("60", other);
      assert.equal((await renew(id, { old: token, token: other })).status, 200);
      assert.deepEqual((await listed("60")).map((each) => each["id"]), [faster.json["id"]]);
    });

    await test.step("the key is the same at all nodes, and as users ask for it", async () => {
      const { json } = await manager.call(first, "GET", "/push/key");
      assert.match(String(json["public_key"]), /^[\w-]{87}$/);
      assert.deepEqual((await asUser("1", "GET", "/push/key")).json, json);
      await using client = await clientAs("1");
      assert.deepEqual(await client.command("push_key"), json);
    });
  });
}

Deno.test("a guest has no devices", async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: ENV });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await assert.rejects(
    client.command("register_device", { provider: "web_push", token: service.subscribe() }),
    /forbidden|not_connected/,
  );
});

Deno.test("SDK: devices are registered, listed and removed", async () => {
  await using service = new WebPushService();
  await using program = await Program.start({ env: ENV });
  const client = connect({ url: program.webSocketUrl, userId: "1" });
  try {
    const token = service.subscribe();
    const said = { platform: "Test", timeZone: "Europe/Berlin", locale: "de" };
    const device = await client.devices.register({ provider: "web_push", token, ...said });
    const { createdAt, seenAt, ...shown } = device;
    assert.deepEqual(shown, { id: device.id, provider: "web_push", ...said });
    assert.ok(createdAt > 0 && seenAt === createdAt);
    assert.deepEqual(await client.devices.list(), [device]);
    await client.devices.remove(device.id);
    await client.devices.remove(device.id);
    assert.deepEqual(await client.devices.list(), []);
    assert.deepEqual(client.push.state, { kind: "unsupported", why: "browser" });
    await assert.rejects(client.push.subscribe(), { code: "unsupported", message: /PushManager/ });
    await client.push.unsubscribe(); // signing out does so anywhere
    await assert.rejects(client.devices.register({ provider: "fcm", token: "x" }), {
      code: "invalid_field",
    });
  } finally {
    client.close();
  }
});
