/**
 * A laptop sleeps for longer than a room's history is kept: the room says so (`gap`), and the inbox brings exactly
 * what came meanwhile. In a room that is kept for longer, nothing is missing.
 */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { Device } from "./device.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const USER = "sleeper";
const RATE = 100;
/** The room of the long sleep forgets after a second, the other one does not. */
const ENV = {
  APP_KEEPALIVE_SECONDS: "1",
  APP_LIMIT_INBOX: "off",
  APP_HISTORY: "brief=100/1, *=1000/600",
};

export const asleep: readonly Scenario[] = [
  {
    name: "laptop asleep past the history's age, SQLite",
    async run(context: FaultContext): Promise<Report> {
      await using program = await Program.start({ env: ENV });
      return await sleep(program, context);
    },
  },
  {
    name: "laptop asleep past the history's age, Redis",
    async run(context: FaultContext): Promise<Report> {
      await using redis = await RedisServer.start();
      await using program = await Program.start({ env: { ...ENV, ...redis.env } });
      return await sleep(program, context);
    },
  },
];

async function sleep(
  program: Program,
  { random, seconds, progress }: FaultContext,
): Promise<Report> {
  const { url, webSocketUrl, port } = program;
  // A laptop's network sleeps with it.
  await using proxy = new TcpProxy(port);
  const ledger = new Ledger();
  const laptopUrl = `ws://127.0.0.1:${proxy.port}/ws`;
  await using brief = new Device(laptopUrl, { user: USER, room: "brief", ledger });
  await using lasting = new Device(laptopUrl, { user: USER, room: "lasting" });
  const count = (kind: "subscribed" | "message") =>
    brief.heard(kind).length + lasting.heard(kind).length;
  using closing = new DisposableStack();
  const talker = closing.adopt(connect({ url: webSocketUrl, userId: "talker" }), (client) => {
    client.close();
  });
  const say = async (id: string) => {
    for (const room of ["brief", "lasting"]) {
      await talker.publish(room, id, { id: `${id}-${room}` });
    }
  };
  await waitFor("both are in", () => count("subscribed") === 2);
  await say("before-it-sleeps");
  await waitFor("both heard it", () => count("message") === 2);

  await using load = new Load({ ports: [port], users: [USER], ledger, random, rate: RATE });
  await waitFor("it is live", () => ledger.seenCount > 0);
  proxy.freeze();
  brief.signal("SIGSTOP");
  lasting.signal("SIGSTOP");
  for (let number = 0; number < 5; number++) await say(`while-asleep-${number}`);
  await waitFor("the server takes them for gone", async () => {
    const stats: Record<string, number> = await (await fetch(`${url}/api/stats`)).json();
    return stats["clients"] === 1; // the talker
  });
  await forgotten(webSocketUrl, "brief");
  const goal = load.accepted + RATE * seconds / 2;
  await waitFor("the load goes on", () => load.accepted >= goal);
  await load.end();
  const missing = ledger.missing([USER]);
  progress(`${missing} notifications came while it slept`);
  proxy.cut();
  proxy.resume();
  brief.signal("SIGCONT");
  lasting.signal("SIGCONT");
  await waitFor("both are in again", () => {
    return count("subscribed") >= 4;
  });
  await say("after-it-woke");

  await waitFor("it has its notifications", () => ledger.missing([USER]) === 0);
  await waitFor("both hear again", () => {
    return brief.heard("message").includes("after-it-woke-brief") &&
      lasting.heard("message").includes("after-it-woke-lasting");
  });
  assert.deepEqual(brief.heard("room gap"), ["expired"]);
  assert.deepEqual(brief.heard("message"), ["before-it-sleeps-brief", "after-it-woke-brief"]);
  assert.deepEqual(lasting.heard("room gap"), []);
  assert.equal(lasting.heard("message").length, 7);
  assert.deepEqual([...brief.heard("inbox gap"), ...lasting.heard("inbox gap")], []);
  assert.ok(missing > 0);
  ledger.left(USER, await readInbox(webSocketUrl, USER));
  return { ...ledger.check(), notes: `${missing} came while asleep` };
}

/** Resolves when nothing is left of what was said in the room. */
async function forgotten(url: string, room: string): Promise<void> {
  await using client = await TestClient.connectV2(url);
  await client.command("connect", { user_id: "reader" });
  await client.command("subscribe", { room });
  await waitFor("the room has forgotten", async () => {
    const { publications } = await client.command("history", { room, limit: 100 });
    return Array.isArray(publications) && publications.length === 0;
  });
}
