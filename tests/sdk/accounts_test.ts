/** Several accounts at one server, with one storage or one client: what is one's stays one's. With the real server. */
import assert from "node:assert/strict";
import { connect, type ConnectOptions, type KeyValueStore } from "../../lib/sdk/mod.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { Manager } from "../support/manager.ts";
import { nextState } from "../support/next_state.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { RedisServer } from "../support/redis.ts";
import { TabBrowser, WatchedTab } from "../support/tab_browser.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, type Claims, connectionToken } from "../support/tokens.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";

type Way = () => ConnectOptions["transport"];

const WAYS: Readonly<Record<string, Way>> = {
  "a WebSocket": () => undefined,
  "event streams": () => sseTransport(fetch),
  "a worker": () => new TabBrowser(webSocketTransport(WebSocket)).transport(),
};

for (const store of ["embedded", "redis"]) {
  for (const [name, way] of Object.entries(WAYS)) {
    Deno.test(`SDK accounts (${store}): positions in one storage are of one inbox each, over ${name}`, async () => {
      await using redis = store === "redis" ? await RedisServer.start() : undefined;
      await using program = await Program.start({
        env: { APP_KEY, ...redis?.env },
      });
      const sites = { default: await Manager.of(program), shop: await Manager.of(program, "shop") };
      const accounts = [
        { sub: "123", site_id: "default" },
        { sub: "7", site_id: "default" },
        { sub: "123", site_id: "shop" },
      ] as const;
      const storage = memoryStore();
      for (const claims of [{}, { userId: true }]) {
        for (let round = 0; round < 3; round++) {
          for (const [index, { sub, site_id }] of accounts.entries()) {
            const before = `${index} ${round}`;
            for (let count = index; count < accounts.length; count++) {
              const path = `/users/${sub}/notifications`;
              await sites[site_id].done(program, path, `${before} ${count}`);
            }
          }
          for (const [index, { sub, site_id }] of accounts.entries()) {
            using tab = new WatchedTab(connect({
              url: program.webSocketUrl,
              token: await connectionToken({ sub, site_id }),
              storage,
              transport: way(),
              ...("userId" in claims ? { userId: sub } : {}),
            }));
            const expected = accounts.slice(index).map((_, at) =>
              `${index} ${round} ${index + at}`
            );
            await tab.hears(...expected);
            await tab.client.notifications.loadMore(); // what comes twice would have come by now
            await tab.hears(...expected);
            assert.deepEqual(tab.gaps, []);
          }
        }
      }
    });
  }
}

Deno.test("SDK accounts: a client stays who it is, and says nothing as another", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  await using bob = await TestClient.connectAs(program.webSocketUrl, {
    protocols: ["notifyli.v2", `notifyli.token.${await connectionToken({ sub: "bob" })}`],
  });
  await bob.command("connect");
  await bob.command("subscribe", { room: "lobby" });
  for (const other of [{ sub: "mallory" }, { site_id: "shop" }] satisfies Claims[]) {
    await using proxy = new Proxy(program.port);
    const tokens = [await connectionToken(), await connectionToken(other)];
    using alice = new WatchedTab(
      connect({ url: proxy.url, token: () => tokens.shift() ?? "" }),
    );
    await alice.online();
    const noticed = nextState(alice.client, "waiting");
    proxy.cut();
    await noticed;
    const said = alice.client.publish("lobby", "between us");
    alice.client.reconnect();
    await assert.rejects(said, { code: "stopped" });
    await alice.stopped("user_mismatch");
    assert.equal(alice.client.userId, "123");
    assert.equal(alice.client.siteId, "default");
  }
  await bob.settled();
  assert.deepEqual(bob.ofType("usermsg"), []);
});

function memoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
}
