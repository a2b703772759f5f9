/**
 * Redis closes the connection on which a node hears the others: that is counted, plain clients are told, those of version 2
 * are closed to come back, and what the node had heard reaches them first.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const CHANNEL = "notifyli:room:lobby";
const LONG = "x".repeat(3000);

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`${APP_LISTENER} listener: a node whose ear for other nodes Redis closes counts it, and clients learn of it`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: { ...redis.env, APP_LISTENER } });
    await program.hearsRedis();
    await using plain = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    await using recovering = await TestClient.connectV2(program.webSocketUrl);
    await recovering.command("connect", { user_id: 2 });
    await recovering.command("subscribe", { room: "lobby" });
    assert.equal(await cuts(program), 0);
    await redis.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 60");
    program.kill("SIGSTOP");
    await say(redis, 5000);
    await waitFor("Redis has closed it", async () => await ears(redis) === 0);
    program.kill("SIGCONT");

    const { code } = await recovering.waitClosed();
    assert.equal(code, 3011);
    await plain.get("error");
    assert.deepEqual(plain.ofType("error").map(({ code }) => code), ["missed"]);
    assert.equal(await cuts(program), 1);
    await waitFor("it hears again", async () => await ears(redis) === 1);
    await waitFor(
      "all that is heard again comes",
      async () => {
        await redis.call("PUBLISH", CHANNEL, said("again"));
        return plain.ofType("usermsg").some(({ message }) => message === "again");
      },
    );
    const told = plain.frames.findIndex(({ type }) => type === "error");
    const before = plain.frames.slice(0, told).filter(({ type }) => type === "usermsg");
    const numbers = before.map(({ message }) => parseInt(String(message)));
    assert.deepEqual(numbers, numbers.map((_, index) => index), "what was heard came before");
  });
}

function said(message: string): string {
  return `message 0 - id-${message.slice(0, 8)} 1700000000 \n${
    JSON.stringify({ from: { user: "3", name: "three" }, message })
  }`;
}

/** Says so much in the room as another node would. */
async function say(redis: RedisServer, count: number): Promise<void> {
  const publisher = redis.connect();
  for (let first = 0; first < count; first += 500) {
    const pipeline = publisher.pipeline();
    for (let each = first; each < first + 500; each++) {
      pipeline.publish(CHANNEL, said(`${each} ${LONG}`));
    }
    await pipeline.exec();
  }
  publisher.disconnect();
}

/** How many nodes hear the room. */
async function ears(redis: RedisServer): Promise<number> {
  return Number((await redis.call("PUBSUB", "NUMSUB", CHANNEL)).split("\n")[1]);
}

async function cuts({ url }: Program): Promise<number> {
  return (await (await fetch(`${url}/api/stats`)).json())["nodes_cut_off"];
}
