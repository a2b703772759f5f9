/** Very many connections that are revoked at once: all are closed, and the log says so in a few lines. */
import assert from "node:assert/strict";
import { Manager } from "../../support/manager.ts";
import { Program } from "../../support/program.ts";
import { RedisServer } from "../../support/redis.ts";
import { TestClient } from "../../support/test_client.ts";
import { APP_KEY, connectionToken, nowSeconds } from "../../support/tokens.ts";

const CLIENTS = 150;

for (const [APP_LISTENER, store] of [["deno", "SQLite"], ["node", "Redis"]] as const) {
  Deno.test(`a site of many clients is revoked (${APP_LISTENER}, ${store}): all are closed, with a few lines of the log`, async () => {
    await using redis = store === "Redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({ env: { ...redis?.env, APP_KEY, APP_LISTENER } });
    const manager = await Manager.of(program);
    const tokens = await Promise.all(
      Array.from(
        { length: CLIENTS },
        (_, user) => connectionToken({ sub: `u${user}`, iat: nowSeconds() }),
      ),
    );
    const url = program.webSocketUrl;
    const clients = await Promise.all(
      tokens.map((token) =>
        TestClient.connectAs(url, {
          protocols: ["notifyli.v1", `notifyli.token.${token}`],
        })
      ),
    );
    await Promise.all(clients.map(async (client) => {
      client.send({ type: "keepalive", room: "lobby" });
      await client.settled();
    }));
    await manager.done(program, "/revocations", { everyone: true });
    for (const client of clients) assert.equal((await client.waitClosed()).code, 3503);
    const stats = await (await fetch(`${program.url}/api/stats`, {
      headers: { authorization: `Bearer ${manager.key}` },
    })).json();
    assert.equal(stats.closed_revoked, CLIENTS);
    const about = () =>
      program.log.filter(({ message }) => message.includes("the token was revoked"));
    // What is not written is summed up after a minute, or as here at the end.
    program.kill("SIGTERM");
    await program.ended();
    const told = () =>
      about().reduce(
        (all, { message, count }) => all + (/^\d+ more: /.test(message) ? Number(count) : 1),
        0,
      );
    assert.equal(told(), CLIENTS, "each is told once");
    assert.ok(about().length < 30, `${about().length} lines`);
  });
}
