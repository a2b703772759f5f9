/**
 * Clients that read nothing beside healthy ones, up to a thousand, in a busy room: the server's memory stays bounded, the
 * healthy ones get all, and who comes back gets exactly what was missed.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { Script } from "../support/script.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Heard } from "./crowd.ts";
import { Device } from "./device.ts";
import { Ledger } from "./ledger.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const MOST_HEALTHY = 1000;
const STUCK = 20;
const ROOM = "busy";
/** Bytes that may wait for one client for a second, and eight times as many at once. */
const QUEUE_BYTES = 262_144;
const BURST_FACTOR = 8;
/** Of each notification; without a bound, all of them would wait in memory, for each of the stuck ones. */
const NOTIFICATION_BYTES = 9_000;
const NOTIFICATIONS = 1_200;
const MESSAGES_PER_SECOND = 50;
/** What the server may take on top, for all else: the garbage of so many texts, and the store. */
const SLACK_BYTES = 96 * 1024 * 1024;

export const slowReader: readonly Scenario[] = ["deno", "node"].map((listener) => ({
  name: `clients that do not read, ${listener} listener`,
  run: (context: FaultContext) => readNothing(listener, context),
}));

async function readNothing(
  listener: string,
  { seconds, rate, progress }: FaultContext,
): Promise<Report> {
  const healthy = Math.min(MOST_HEALTHY, rate);
  await using program = await Program.start({
    env: {
      APP_LISTENER: listener,
      APP_LIMIT_QUEUE: String(QUEUE_BYTES),
      APP_LIMIT_INBOX: "off",
      APP_HISTORY: "*=1000/600",
    },
  });
  const { webSocketUrl, port, pid } = program;
  await using crowd = await Crowd.start(port, healthy);
  const ledger = new Ledger();
  await using slow = new Device(webSocketUrl, { user: "slow", room: ROOM, ledger });
  await waitFor("the slow one is in", () => slow.heard("subscribed").length === 1);
  using stuck = new DisposableStack();
  for (let count = 0; count < STUCK; count++) stuck.use(await stuckSocket(port));
  await using talker = await TestClient.join(webSocketUrl, { user: "talker", room: ROOM });
  await waitFor(
    "all are in",
    async () => (await stats(program))["clients"] === healthy + STUCK + 2,
  );

  slow.signal("SIGSTOP");
  const before = residentBytes(pid);
  let peak = before;
  const watching = setInterval(() => peak = Math.max(peak, residentBytes(pid)), 20);
  using _ = { [Symbol.dispose]: () => clearInterval(watching) };
  const said = await sendAll(program, talker, { ledger, messages: MESSAGES_PER_SECOND * seconds });
  await waitFor("those who do not read are dropped", async () => {
    return (await stats(program))["dropped_slow"] === STUCK + 1;
  });
  await crowd.heardAll(said);
  const grown = peak - before;
  progress(`memory grew by ${megabytes(grown)} MB from ${megabytes(before)} MB`);
  const bound = (STUCK + 1) * QUEUE_BYTES * BURST_FACTOR + SLACK_BYTES;
  assert.ok(grown < bound, `memory grew by ${grown} bytes, the bound is ${bound}`);
  assert.equal((await stats(program))["clients"], healthy + 1, "they have left the hub");
  await isAlone(program);

  slow.signal("SIGCONT");
  await waitFor("the slow one is in again", () => slow.heard("subscribed").length === 2);
  await waitFor("it has its notifications", () => ledger.missing(["slow"]) === 0);
  await waitFor("it has what was said", () => slow.heard("message").length === said);
  // Woken, the library may give the connection up before it reads that the server did.
  const codes = new Set(slow.heard("closed"));
  assert.ok(codes.has("3008") || codes.has("1006"), `closed with ${[...codes]}`);
  assert.deepEqual([...codes].filter((code) => code !== "3008" && code !== "1006"), []);
  assert.deepEqual([...slow.heard("room gap"), ...slow.heard("inbox gap")], []);
  return {
    ...ledger.check(),
    notes:
      `${healthy} clients had ${said} messages each; memory ${megabytes(before)} MB, grown by ` +
      `${megabytes(grown)} MB, bound ${megabytes(bound)} MB`,
  };
}

/** Notifications for those who do not read, and messages for all, at the same time; says how many messages. */
async function sendAll(
  program: Program,
  talker: TestClient,
  { ledger, messages }: { ledger: Ledger; messages: number },
): Promise<number> {
  const ids = Array.from({ length: NOTIFICATIONS }, (_, index) => `number-${10_000 + index}`);
  const toSlow = async () => {
    for (const [index, id] of ids.entries()) {
      if (index % Math.ceil(NOTIFICATIONS / messages) === 0) {
        const message = `Hello ${++said}!`;
        talker.send({ type: "usermsg", user_id: "talker", room: ROOM, message });
      }
      ledger.sent("slow", id);
      await notify(program, "slow", id);
      ledger.accepted("slow", id, "http");
    }
  };
  const toStuck = async () => {
    for (const id of ids) await notify(program, "stuck", id);
  };
  let said = 0;
  await Promise.all([toSlow(), toStuck()]);
  return said;
}

/** The process of `crowd.ts`. */
class Crowd implements AsyncDisposable {
  readonly #script: Script;
  #isReady = false;
  #heard: Heard = { all: 0, misplaced: 0 };

  private constructor(port: number, clients: number) {
    const { pathname } = new URL("./crowd.ts", import.meta.url);
    const run = [Deno.execPath(), "run", "--cached-only", "--allow-net", pathname];
    this.#script = new Script([...run, String(port), String(clients), ROOM], {
      onLine: (line) => this.#take(line),
    });
  }

  static async start(port: number, clients: number): Promise<Crowd> {
    const crowd = new Crowd(port, clients);
    await waitFor("the crowd is in", () => crowd.#isReady);
    return crowd;
  }

  async heardAll(count: number): Promise<void> {
    await waitFor("the healthy ones have all", () => {
      if (this.#heard.all >= count) return true;
      throw new Error(JSON.stringify(this.#heard));
    });
    assert.deepEqual(this.#heard, { all: count, misplaced: 0 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#script[Symbol.asyncDispose]();
  }

  #take(line: string): void {
    if (line === "ready") this.#isReady = true;
    else this.#heard = JSON.parse(line);
  }
}

/** A client that upgrades, and then reads nothing. */
async function stuckSocket(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(
    new TextEncoder().encode(
      `GET /ws?user_id=stuck&room=/user/stuck HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
  );
  return connection;
}

async function notify({ url }: Program, user: string, id: string): Promise<void> {
  const answer = await fetch(`${url}/api/users/${user}/notifications`, {
    method: "POST",
    headers: { "Idempotency-Key": id },
    body: "x".repeat(NOTIFICATION_BYTES),
  });
  await answer.body?.cancel();
  assert.equal(answer.status, 201);
}

/** Nobody of those who were dropped is still shown as being in a room. */
async function isAlone({ url }: Program): Promise<void> {
  await waitFor("the stuck ones have left their room", async () => {
    const room = encodeURIComponent("/user/stuck");
    const { connections } = await (await fetch(`${url}/api/rooms/${room}/connections`)).json();
    return connections.length === 0;
  });
}

async function stats({ url }: Program): Promise<Record<string, number>> {
  return await (await fetch(`${url}/api/stats`)).json();
}

/** Of the process, as the operating system has it. */
function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
