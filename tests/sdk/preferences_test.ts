/** The preferences of the library, against a real server: on two devices, by both transports, over a reconnection. */
import assert from "node:assert/strict";
import { type Client, connect, type UserPreferences } from "../../lib/sdk/mod.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`SDK: preferences are the same on all devices (${APP_LISTENER})`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER, TZ: "UTC" } });
    await using proxy = new Proxy(program.port);
    proxy.refusesWebSockets = true;
    using phone = device(program.webSocketUrl);
    using page = device(proxy.url);
    for (const { client } of [phone, page]) {
      assert.equal(client.preferences.value, undefined, "the server has not said it yet");
    }
    await waitFor("both know", () => phone.heard.length === 1 && page.heard.length === 1);
    assert.deepEqual(page.client.preferences.value, {
      ...{ kinds: {}, topics: {}, version: 0 },
      effective: {
        ...{ timeZone: "UTC", muted: false, quiet: false },
        kinds: { "*": { inApp: true, push: true, mail: false } },
      },
    });
    const { preferences } = page.client;
    const set = await preferences.set({
      kinds: { in_app: { inApp: false } },
      quietHours: { timeZone: "Asia/Tokyo", days: { mon: [["22:00", "07:00"]] } },
    }, { ifVersion: 0 });
    assert.deepEqual(set.kinds, { in_app: { inApp: false } }, "a kind's name is not the library's");
    assert.deepEqual(set.quietHours, {
      ...{ on: true, timeZone: "Asia/Tokyo" },
      days: { mon: [["22:00", "07:00"]] },
    });
    await waitFor("the other device hears it", () => phone.heard.length === 2);
    assert.deepEqual(phone.client.preferences.value, set);
    await assert.rejects(preferences.set({}, { ifVersion: 0 }), { code: "conflict" });
    const changed = await phone.client.preferences.change({
      ...{ muteUntil: "2h", quietHours: null },
      kinds: { in_app: null, news: { push: false } },
    });
    assert.deepEqual(changed.kinds, { news: { push: false } });
    assert.ok(changed.effective.muted && changed.muteUntil !== undefined);
    await waitFor("the page hears it", () => page.heard.at(-1)?.version === changed.version);
    const given = await preferences.set(changed); // with more than choices in it
    assert.deepEqual(given.kinds, changed.kinds);
    assert.equal(given.muteUntil, changed.muteUntil);
    assert.notEqual(given.version, changed.version);
  });
}

Deno.test("SDK: preferences are read again after a reconnection", async () => {
  await using program = await Program.start();
  await using proxy = new Proxy(program.port);
  using page = device(proxy.url);
  using phone = device(program.webSocketUrl);
  await page.client.preferences.change({ timeZone: "Asia/Tokyo" });
  proxy.cut();
  await waitFor("the page is gone", () => page.client.state.kind !== "online");
  await phone.client.preferences.change({ timeZone: "Africa/Lagos" });
  page.client.reconnect();
  await waitFor("it knows", () => page.client.preferences.value?.timeZone === "Africa/Lagos");
  const erased = await fetch(`${program.url}/api/users/123/data`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${operatorKeyOf(program)}` },
  });
  await erased.body?.cancel();
  assert.equal(erased.status, 200);
  page.client.reconnect();
  await waitFor("they are erased", () => page.client.preferences.value?.version === 0);
});

function device(url: string): Disposable & { client: Client; heard: UserPreferences[] } {
  const client = connect({ url, userId: 123 });
  const heard: UserPreferences[] = [];
  client.preferences.on("changed", (preferences) => heard.push(preferences));
  return { client, heard, [Symbol.dispose]: () => client.close() };
}
