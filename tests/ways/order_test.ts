/**
 * What one sender sends to one user comes in its order by every way in, also where some of it is written to the database before it
 * is stored: what is throttled, repeated, or chosen by a user whose preferences are not known yet.
 */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { Rabbit, RabbitSender } from "../support/rabbit.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

useOwnProcesses();

const COUNT = 120;

/** Of kinds that are written down first, and of none. */
function fieldsOf(user: string, index: number): Record<string, unknown> {
  const kind = ["ping", undefined, "alarm", undefined, undefined][index % 5];
  return { user_id: user, message: `${index}`, ...(kind !== undefined && { kind }) };
}

Deno.test("what one sender sends comes in its order, by every way in", async (test) => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  await using rabbit = await Rabbit.start();
  const env = { ...redis.env, ...postgres.env, APP_KEY, AMQP_URL: rabbit.url, AMQP_QUEUE: "order" };
  await using program = await Program.start({ env });
  const manager = await Manager.of(program);
  await manager.call(program, "PUT", "/kinds/ping", { throttle: { count: 1000, per: "1h" } });
  await manager.call(program, "PUT", "/kinds/alarm", { repeat: { every: "1h", times: 1 } });
  await program.hearsRedis();
  const inOrder = async (user: string) => {
    const token = await connectionToken({ sub: user });
    await using client = await TestClient.connectWithToken(program.webSocketUrl, token);
    const messages = await waitFor("all have come", async () => {
      const { notifications } = await client.command("inbox", { limit: 200 });
      const found = (notifications as { message: string }[]).map(({ message }) => message);
      return found.length >= COUNT && found.reverse();
    }, 20_000);
    assert.deepEqual(messages, Array.from({ length: COUNT }, (_, index) => `${index}`));
  };
  const all = (send: (index: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: COUNT }, (_, index) => send(index)));

  await test.step("PUBLISH", async () => {
    await all((index) =>
      redis.call("PUBLISH", "notifyli:messages", JSON.stringify(fieldsOf("publish", index)))
    );
    await inOrder("publish");
  });

  await test.step("XADD", async () => {
    await all((index) => {
      const fields = Object.entries(fieldsOf("stream", index)).flat().map(String);
      return redis.call("XADD", "notifyli:notifications", "*", ...fields);
    });
    await inOrder("stream");
  });

  await test.step("RabbitMQ", async () => {
    await using sender = await RabbitSender.open(rabbit.url, "order");
    for (let index = 0; index < COUNT; index++) await sender.send(fieldsOf("amqp", index));
    await inOrder("amqp");
  });

  await test.step("HTTP, one after the other", async () => {
    for (let index = 0; index < COUNT; index++) {
      await manager.call(program, "POST", "/notifications", fieldsOf("http", index));
    }
    await inOrder("http");
  });
});

Deno.test("PUBLISH to many: who goes on where a node was killed brings none of it twice", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const env = { ...redis.env, ...postgres.env, APP_KEY };
  await using one = await Program.start({ env });
  await one.hearsRedis();
  await using two = await Program.start({ env });
  await two.hearsRedis();
  const manager = await Manager.of(two);
  await manager.call(two, "PUT", "/kinds/news", { digest: { window: "4s" } });
  // Past the mark that both nodes have heard, what is published has a place with one name.
  const heard = async () => (await manager.stats(two))["bridge_received"] ?? 0;
  const publish = (fields: object) =>
    redis.call("PUBLISH", "notifyli:messages", JSON.stringify(fields));
  await waitFor("both hear", async () => {
    await publish({ user_id: "x", message: "before" });
    return await heard() > 3;
  });
  const users = ["u1", "u2", "u3"];
  await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    await publish({ user_ids: users, message: `many ${index}` });
    await publish({ user_ids: ["u4"], kind: "news", message: `digest ${index}` });
    await publish({ user_id: "u5", kind: "news", message: `digest ${index}` });
  }));
  await waitFor("some are kept", async () => {
    const sent = (await manager.stats(two))["broadcast_notifications"] ?? 0;
    const others = (await (await fetch(`${one.url}/api/stats`, {
      headers: { authorization: `Bearer ${manager.key}` },
    })).json())["broadcast_notifications"];
    return sent + others > 0;
  });
  one.kill();
  const inboxOf = async (user: string) => {
    const token = await connectionToken({ sub: user });
    await using client = await TestClient.connectWithToken(two.webSocketUrl, token);
    return (await client.command("inbox", { limit: 200 }))["notifications"] as Record<
      string,
      unknown
    >[];
  };
  for (const user of users) {
    const messages = await waitFor("all have come", async () => {
      const messages = (await inboxOf(user)).map(({ message }) => String(message));
      return messages.length >= 20 && messages;
    });
    const whole = Array.from({ length: 20 }, (_, index) => `many ${index}`);
    assert.deepEqual(messages.toSorted(), whole.toSorted());
  }
  for (const user of ["u4", "u5"]) {
    const whole = Array.from({ length: 20 }, (_, index) => `digest ${index}`).toSorted();
    const items = async () =>
      (await inboxOf(user)).flatMap(({ items, message }) =>
        (items as { message: string }[] | undefined)?.map(({ message }) => message) ??
          [String(message)]
      );
    await waitFor("the digests have come", async () => (await items()).length >= 20);
    assert.deepEqual((await items()).toSorted(), whole);
  }
});
