/**
 * Floods through RabbitMQ, Redis, questions, pushes and files, of one server: of equal lines the first of a minute are written, and one
 * says at its end how many more there were. `floods_test.ts` has those of clients and callers.
 */
import assert from "node:assert/strict";
import { MOST_A_MINUTE } from "../../lib/base/floods.ts";
import { readConfig } from "../../lib/configuration.ts";
import { Server } from "../../lib/server.ts";
import { Application } from "../support/application.ts";
import { LoggedFloods } from "../support/logged_floods.ts";
import { Manager } from "../support/manager.ts";
import { NtfyServer } from "../support/push/ntfy_server.ts";
import { Rabbit, RabbitSender } from "../support/rabbit.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** More than a line may come in a minute. */
const MANY = 40;

/** An application can answer wrongly in many ways. */
const MOST_QUESTIONS = 30;

const QUEUE = "flood";

/** The lines of each way: their category, and words that the line that sums them up has, too. */
const LINES: Readonly<Record<string, readonly [category: string, part: string]>> = {
  RabbitMQ: ["notifyli.amqp", "is refused"],
  PUBLISH: ["notifyli.bridge", "a payload was refused"],
  XADD: ["notifyli.stream", "is refused"],
  questions: ["notifyli.asks", "the question connect got no answer"],
  pushes: ["notifyli.push", "was refused"],
  files: ["notifyli.files", "files cannot be kept"],
};

Deno.test("floods through each way that is none of clients leave a short log, and are counted", async () => {
  const dataDir = await Deno.makeTempDir();
  const filesDir = await Deno.makeTempDir();
  await using floods = await LoggedFloods.begin();
  await using redis = await RedisServer.start();
  await using rabbit = await Rabbit.start();
  await using sender = await RabbitSender.open(rabbit.url, QUEUE);
  await using ntfy = new NtfyServer();
  await using application = new Application(() => new Response("broken", { status: 500 }));
  {
    const { config } = readConfig({
      ...{ ...redis.env, ...ntfy.env, ...application.env("connect") },
      ...{ APP_PORT: "0", APP_DATA_DIR: dataDir, FILES_DIR: filesDir },
      ...{ AMQP_URL: rabbit.url, AMQP_QUEUE: QUEUE },
      APP_REQUEST_SECONDS: "off", // the timer of a body's deadline would outlive the test
    });
    await using server = await Server.start(config);
    const called = { url: server.url, dataDir };
    const manager = await Manager.of(called);
    const said = (part: string) =>
      floods.records.some(({ message }) => message.join("").includes(part));
    await waitFor("it hears what is published", () => said("subscribed to"));

    ntfy.answer = () => Response.json({ code: 40001, error: "invalid request" }, { status: 400 });
    for (let user = 0; user < MANY; user++) {
      const device = { provider: "ntfy", token: ntfy.topic(`user-${user}`) };
      await manager.done(called, `/users/${user}/devices`, device);
      await manager.done(called, "/notifications", { user_id: user, message: "Hi" });
    }
    for (let number = 0; number < MANY; number++) {
      await sender.send({ message: `to nobody ${number}` });
      await redis.call("PUBLISH", "notifyli:messages", `{broken ${number}`);
      await redis.call("XADD", "notifyli:notifications", "*", "user_id", "2", "message", "");
    }
    for (let number = 0; number < MANY; number++) {
      await using client = await TestClient.connectV2(`${called.url.replace("http", "ws")}/ws`);
      const credentials = { user: number };
      await assert.rejects(client.command("auth", { credentials }));
    }
    // A file where the folder of files was.
    await Deno.remove(filesDir, { recursive: true });
    await Deno.writeTextFile(filesDir, "");
    for (let number = 0; number < MANY; number++) {
      const response = await fetch(`${called.url}/api/files?name=a.txt`, {
        method: "POST",
        headers: { authorization: `Bearer ${manager.key}` },
        body: "a file of a user",
      });
      assert.equal(response.status, 503, await response.text());
    }
    await waitFor("all are refused", async () => {
      const { amqp_dead, bridge_refused, stream_refused } = await manager.stats(called);
      return [amqp_dead, bridge_refused, stream_refused].every((count) => count === MANY);
    });
    await waitFor("all pushes are refused", async () => {
      const headers = { authorization: `Bearer ${manager.key}` };
      const text = await (await fetch(`${called.url}/metrics`, { headers })).text();
      return /push\w*\{provider="ntfy",result="refused"\} (\d+)/.exec(text)?.[1] === String(MANY);
    });

    const told = () =>
      Object.fromEntries(
        Object.entries(LINES).map(([way, [category, part]]) => [way, floods.told(category, part)]),
      );
    const all = (isOver: boolean) =>
      Object.fromEntries(
        Object.keys(LINES).map((way) => {
          const lines = way === "questions" ? MOST_QUESTIONS : MOST_A_MINUTE;
          return [way, { lines, more: isOver ? [MANY - lines] : [] }];
        }),
      );
    assert.deepEqual(told(), all(false));
    floods.endMinute();
    await waitFor(
      "all are summed up",
      () => Object.values(told()).every(({ more }) => more.length),
    );
    assert.deepEqual(told(), all(true));
  }
  await Deno.remove(dataDir, { recursive: true });
  await Deno.remove(filesDir);
});
