/** Many devices of one user that come at the same time, to an inbox that is full of long notifications. */
import assert from "node:assert/strict";
import { EventStream } from "../support/event_stream.ts";
import { LONG, notify, range, stats } from "../support/full_inbox.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const NOTIFICATIONS = 200;
const DEVICES = 10;
const TO = { user: 1, room: "lobby" };

for (const engine of ["embedded", "redis"]) {
  for (const listener of ["deno", "node"]) {
    const name = `${engine} engine, ${listener} listener`;
    const start = async (stack: AsyncDisposableStack) => {
      const redis = engine === "redis" ? stack.use(await RedisServer.start()) : undefined;
      const env = { ...redis?.env, APP_LISTENER: listener };
      const program = stack.use(await Program.start({ env }));
      for (let sent = 0; sent < NOTIFICATIONS; sent += 50) {
        await Promise.all(
          range(50).map((index) => notify(program, { ...TO, message: `${sent + index} ${LONG}` })),
        );
      }
      return { program, redis };
    };

    Deno.test(`${name}: devices of the base protocol get all that waits, with what comes meanwhile, in order`, async () => {
      await using stack = new AsyncDisposableStack();
      const { program, redis } = await start(stack);
      const before = await sentByRedis(redis);
      const devices = await Promise.all(
        range(DEVICES).map(() => TestClient.connect(program.webSocketUrl)),
      );
      for (const device of devices) stack.use(device);
      // What one has taken, one that comes later is not given: so all of them are to be there at once.
      program.kill("SIGSTOP");
      for (const device of devices) device.send({ type: "keepalive", user_id: 1, room: "lobby" });
      await waitFor("all of it is in the sockets", () => devices.every(({ hasSent }) => hasSent));
      program.kill("SIGCONT");
      await waitFor("the first ones came", () => devices.some((each) => each.frames.length > 0));
      await notify(program, { ...TO, message: "live" });
      const counts = await Promise.all(devices.map(async (device) => {
        const messages = () => device.ofType("direct_message");
        await waitFor("the live one", () => messages().at(-1)?.["message"] === "live");
        const offsets = messages().map(({ offset }) => Number(offset));
        const { length } = offsets;
        assert.deepEqual(offsets, range(length).map((index) => NOTIFICATIONS + 2 - length + index));
        return length;
      }));
      // A machine that has other work to do may bring some of them after the first has taken something.
      const whole = counts.filter((count) => count === NOTIFICATIONS + 1);
      assert.ok(whole.length > DEVICES / 2, `${counts}`);
      const { dropped_slow } = await stats(program);
      assert.equal(dropped_slow, 0);
      const sent = NOTIFICATIONS * LONG.length;
      const read = await sentByRedis(redis) - before;
      assert.ok(read < 5 * sent, `${read} bytes are read for ${DEVICES} times ${sent}`);
    });

    Deno.test(`${name}: devices of version 2 and streams read no more than they are given`, async () => {
      await using stack = new AsyncDisposableStack();
      const { program, redis } = await start(stack);
      const order = await inboxOrder(program);
      const before = await sentByRedis(redis);
      const devices = await Promise.all(
        range(DEVICES).map(() => TestClient.connectV2(program.webSocketUrl)),
      );
      for (const device of devices) stack.use(device);
      const answers = await Promise.all(
        devices.map((device) => device.command("connect", { user_id: 1 })),
      );
      const lengths = answers.map((answer) => JSON.stringify(answer).length);
      const given = lengths.reduce((sum, length) => sum + length, 0);
      const read = await sentByRedis(redis) - before;
      assert.ok(read < given, `${read} bytes are read, ${given} are given`);
      const streams = await Promise.all(
        range(3).map(() => EventStream.open(`${program.url}/sse?user_id=1&room=lobby`)),
      );
      for (const stream of streams) {
        stack.use(stream);
        const frames = await stream.get("direct_message", NOTIFICATIONS);
        assert.deepEqual(frames.map(({ message }) => parseInt(String(message))), order);
      }
    });
  }
}

/** The numbers of the notifications in the order of their offsets. */
async function inboxOrder({ webSocketUrl }: Program): Promise<number[]> {
  await using client = await TestClient.connectV2(webSocketUrl);
  await client.command("connect", { user_id: 1 });
  const order: number[] = [];
  for (let since: unknown = { offset: 0, epoch: "-" };;) {
    const page = await client.command("inbox", { since, unread: true });
    const notifications = page["notifications"] as { message: string }[];
    order.push(...notifications.map(({ message }) => parseInt(message)));
    if (page["more"] !== true) return order;
    since = { offset: page["offset"], epoch: page["epoch"] };
  }
}

/** How many bytes Redis has sent out since it started; 0 where there is none. */
async function sentByRedis(redis: RedisServer | undefined): Promise<number> {
  const [, bytes = "0"] = /total_net_output_bytes:(\d+)/.exec(
    String(await redis?.call("INFO", "stats") ?? ""),
  ) ?? [];
  return Number(bytes);
}
