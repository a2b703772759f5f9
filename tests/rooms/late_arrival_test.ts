/** A node that reads in a room's history what it hears only later: who has recovered it does not get it again. */
import assert from "node:assert/strict";
import { Beside } from "../support/beside.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** So long the node hears nothing of what is in the history already. */
const LATE_MS = 400;

const SAID_EVERY_MS = 50;

const ROOM = "lobby";

/** Who was in the room, and comes back. */
interface Alice extends AsyncDisposable {
  /** The texts that have come since then. */
  texts(): string[];
}

/** Is in the room and leaves it. Returns what comes back. */
async function bySse({ url }: Program): Promise<() => Promise<Alice>> {
  const open = async (lastEventId?: string) => {
    const address = `${url}/sse?user_id=1&room=${ROOM}`;
    const stream = await EventStream.open(address, lastEventId);
    await stream.get("subscribed");
    return stream;
  };
  const before = await open();
  await before[Symbol.asyncDispose]();
  return async () => {
    const stream = await open(before.lastEventId);
    return {
      texts: () => textsOf(stream.frames),
      [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
    };
  };
}

async function byVersion2({ webSocketUrl }: Program): Promise<() => Promise<Alice>> {
  const open = async (since?: unknown) => {
    const client = await TestClient.connectV2(webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const data = await client.command("subscribe", { room: ROOM, since });
    return { client, ...Object(data) };
  };
  const { client: before, offset, epoch } = await open();
  await before[Symbol.asyncDispose]();
  return async () => {
    const { client, publications } = await open({ offset, epoch });
    return {
      texts: () => textsOf([...publications, ...client.frames]),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  };
}

for (
  const [name, listener, leave] of [["SSE", "deno", bySse], ["v2", "node", byVersion2]] as const
) {
  Deno.test(`what a node hears late comes once to who comes back, ${name}`, async () => {
    await using redis = await RedisServer.start();
    await using proxy = new TcpProxy(redis.port);
    const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, APP_LISTENER: listener };
    await using program = await Program.start({ env });
    // Another device of hers is in the room, so that the node hears all that it has to, and no join waits for that.
    await using device = await EventStream.open(`${program.url}/sse?user_id=1&room=${ROOM}`);
    await device.get("subscribed");
    await using bob = await TestClient.connectV2(program.webSocketUrl);
    await bob.command("connect", { user_id: 7 });
    const comeBack = await leave(program);
    [proxy.delayed, proxy.delayMs] = ["-subscriber", LATE_MS];
    const said: string[] = [];
    const say = async () => {
      const message = `m${said.length}`;
      said.push(message);
      await bob.command("publish", { room: ROOM, message });
    };
    await say();
    await using saying = Beside.again(async () => {
      await new Promise((resolve) => setTimeout(resolve, SAID_EVERY_MS));
      await say();
    });
    await using alice = await comeBack();
    await saying.end();
    await say();
    await waitFor("the last has come", () => alice.texts().includes(said.at(-1) ?? ""));
    assert.deepEqual(alice.texts(), said);
  });
}

function textsOf(frames: readonly Frame[]): string[] {
  return frames.filter(({ type }) => type === "usermsg").map(({ message }) => String(message));
}
