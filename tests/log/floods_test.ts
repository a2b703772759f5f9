/** Floods by each way in: whatever clients and callers do, the log stays short, and says how much it was. */
import assert from "node:assert/strict";
import { MOST_A_MINUTE } from "../../lib/base/floods.ts";
import { rawRequest } from "../support/raw_http.ts";
import { UPGRADE } from "../support/raw_socket.ts";
import { Manager } from "../support/manager.ts";
import { type LogLine, Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** More than any line may come in a minute. */
const MANY = 150;

/** Refusals are said once each in ten minutes, and at most so many. */
const MOST_REFUSALS = 51;

/** Of wrong keys. */
const MOST_AUDIT = 101;

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`floods by each way in leave a short log (${APP_LISTENER})`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({
      env: {
        ...{ ...redis.env, APP_LISTENER, APP_KEY, APP_LIMIT_FRAME: "4096", APP_AUTH_SECONDS: "1" },
      },
    });
    await program.hearsRedis();
    const manager = await Manager.of(program);
    const connect = async (user: string) =>
      await TestClient.connectWithToken(program.webSocketUrl, await connectionToken({ sub: user }));
    const about = (isMeant: (line: LogLine) => boolean) => program.log.filter(isMeant);
    const said = (part: string) => about(({ message }) => message.includes(part));

    // Frames over the limit, and users who are closed by operators.
    for (let number = 0; number < MANY; number++) {
      const client = await connect(`big${number}`);
      client.sendRaw("x".repeat(5000));
      await client.waitClosed();
    }
    const evicted = await Promise.all(
      Array.from({ length: MANY }, (_, number) => connect(`closed${number}`)),
    );
    for (const number of evicted.keys()) {
      await manager.done(program, `/users/closed${number}/disconnect`);
    }
    for (const client of evicted) await client.waitClosed();

    // Sockets that say nothing of who they are.
    const silent = await Promise.all(
      Array.from({ length: MANY }, () => TestClient.connectV2(program.webSocketUrl)),
    );
    for (const client of silent) await client.waitClosed();

    // Frames of types that there are not.
    const client = await connect("frames");
    for (let number = 0; number < MANY; number++) client.send({ type: `nothing${number}` });
    await client.settled();
    await client.close();

    // Upgrades at other paths, by pages of other sites, and requests of those.
    const { port } = program;
    const host = `Host: 127.0.0.1:${port}`;
    for (let number = 0; number < MANY; number++) {
      const upgrade = UPGRADE.trim().split("\r\n").filter((line) => !/^connection/i.test(line));
      const asUpgrade = [host, ...upgrade, "Connection: Upgrade"];
      await rawRequest(port, [`GET /at${number} HTTP/1.1`, ...asUpgrade]);
      const origin = `Origin: https://page${number}.example`;
      await rawRequest(port, ["GET /ws HTTP/1.1", ...asUpgrade, origin]);
      await rawRequest(port, ["GET /notifyli.js HTTP/1.1", host, origin]);
      await rawRequest(port, ["GET /sse?room=1 HTTP/1.1", host, origin]);
    }

    // Wrong keys, and what nothing is wrong with but the body.
    for (let number = 0; number < MANY; number++) {
      const headers = { authorization: `Bearer nk_${"x".repeat(12)}_${"y".repeat(32)}` };
      const response = await fetch(`${program.url}/api/users/${number}/block`, {
        method: "POST",
        headers,
      });
      await response.body?.cancel();
    }

    // Payloads and entries of Redis that nobody can read.
    for (let number = 0; number < MANY; number++) {
      await redis.call("PUBLISH", "notifyli:messages", `{broken ${number}`);
      await redis.call("XADD", "notifyli:notifications", "*", "user_id", "2", "message", "");
    }
    await waitFor("all are refused", async () => {
      const { bridge_refused, stream_refused } = await manager.stats(program);
      return bridge_refused === MANY && stream_refused === MANY;
    });

    program.kill("SIGTERM");
    await program.ended();
    assert.deepEqual(program.errors, []);
    const lengths = (part: string) => {
      const all = said(part);
      const more = all.filter(({ message }) => /^\d+ more: /.test(message));
      const sum = more.reduce((count, { message }) => count + parseInt(message), 0);
      return { lines: all.length - more.length, sum };
    };
    const summed = { lines: MOST_A_MINUTE, sum: MANY - MOST_A_MINUTE };
    assert.deepEqual(lengths("sent too big a message"), summed);
    assert.deepEqual(lengths("did not say who it is"), summed);
    assert.deepEqual(lengths("a payload was refused"), summed);
    assert.deepEqual(
      about(({ logger }) => logger === "notifyli.stream").length,
      MOST_A_MINUTE + 1,
      "entries of the stream",
    );
    assert.deepEqual(lengths("is closed: "), summed);
    const refused = about(({ logger }) => logger === "notifyli.refused").length;
    assert.ok(refused > 10 && refused <= MOST_REFUSALS, `${refused} refusals`);
    const refusals = about(({ logger, level }) =>
      logger === "notifyli.audit" && level === "warning"
    );
    assert.ok(
      refusals.length > 10 && refusals.length <= MOST_AUDIT,
      `${refusals.length} wrong keys`,
    );
    // Whatever is managed is in the log, however often.
    assert.equal(about(({ action }) => action === "user.disconnect").length, MANY);
    const others = program.log.length - MANY - refused - refusals.length;
    assert.ok(others < 8 * (MOST_A_MINUTE + 1), `${others} lines`);
  });
}
