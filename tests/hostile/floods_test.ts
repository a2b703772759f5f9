/** Five hundred connections that do no work, beside a few that do: the server's memory and the healthy clients' answers. */
import assert from "node:assert/strict";
import { MemoryWatch } from "../support/memory.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { rawSocket } from "../support/raw_socket.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

useOwnProcesses(); // their memory is looked at

const CROWD = 500;
/** What a hundred round trips of a healthy client may take, all in all; without a crowd it is well below one second. */
const HEALTHY_MS = 60_000;
/** For each connection that has not said anything yet, and for each that is a client. */
const SILENT_MIB = 0.25;
const SLACK_MIB = 64;
/** Bytes that may wait for a client; so many may be on top for a burst. */
const QUEUE_BYTES = 131_072;
const MESSAGE_BYTES = 30_000;
const MESSAGES_AT_ONCE = 4;
const BURST_FACTOR = 8;

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: ${CROWD} connections that trickle headers hold up nobody`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using healthy = await TestClient.connect(program.webSocketUrl);
    using memory = new MemoryWatch(program.pid);
    using tricklers = new Crowd();
    await tricklers.gather(() => Deno.connect({ hostname: "127.0.0.1", port: program.port }));
    for (
      const piece of ["GET /ws HT", "TP/1.1\r\nHo", "st: 127.0.0.1\r\nX-", "a", "b", "c: d\r\n"]
    ) {
      await tricklers.write(piece);
      await assertAnswered(healthy);
    }
    assert.equal(await (await fetch(`${program.url}/healthz`)).text(), "ok\n");
    assertBounded(memory, CROWD * SILENT_MIB + SLACK_MIB);
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`${listener} listener: ${CROWD} clients that never speak are pinged, and go`, async () => {
    await using program = await Program.start({
      env: { APP_LISTENER: listener, APP_KEEPALIVE_SECONDS: "2" },
    });
    await using healthy = await TestClient.connect(program.webSocketUrl);
    using memory = new MemoryWatch(program.pid);
    using silent = new Crowd();
    await silent.gather(() => rawSocket(program.port, "/ws"));
    await assertAnswered(healthy);
    assertBounded(memory, CROWD * SILENT_MIB + SLACK_MIB);
    await waitFor("they are gone", async () => (await stats(program))["clients"] === 1);
    await assertAnswered(healthy);
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`${listener} listener: ${CROWD} clients that never read in a busy room cost it nothing`, async () => {
    await using program = await Program.start({
      env: {
        APP_LISTENER: listener,
        APP_LIMIT_QUEUE: String(QUEUE_BYTES),
        APP_LIMIT_MESSAGE: "off",
        APP_HISTORY: "*=10/60",
        APP_KEEPALIVE_SECONDS: "600", // they answer no ping either, and are not to go for that
      },
    });
    await using healthy = await TestClient.join(program.webSocketUrl, { user: 1, room: "busy" });
    using memory = new MemoryWatch(program.pid);
    using stuck = new Crowd();
    await stuck.gather((index) => rawSocket(program.port, `/ws?user_id=s${index}&room=busy`));
    await waitFor("they are in", async () => (await stats(program))["clients"] === CROWD + 1);
    let said = 0;
    await waitFor("they are dropped", async () => {
      for (let count = 0; count < MESSAGES_AT_ONCE; count++) {
        const message = "x".repeat(MESSAGE_BYTES);
        healthy.send({ type: "usermsg", user_id: 1, room: "busy", message });
        said++;
      }
      await healthy.settled();
      return (await stats(program))["dropped_slow"] === CROWD;
    });
    await healthy.get("usermsg", said);
    assert.equal((await stats(program))["clients"], 1);
    assertBounded(memory, CROWD * QUEUE_BYTES * BURST_FACTOR / 1_048_576 + SLACK_MIB);
    await assertAnswered(healthy);
    assert.deepEqual(program.errors, []);
  });
}

/** Many connections, closed together. */
class Crowd implements Disposable {
  readonly #connections: Deno.TcpConn[] = [];

  async gather(open: (index: number) => Promise<Deno.TcpConn>): Promise<void> {
    for (let index = 0; index < CROWD; index++) this.#connections.push(await open(index));
  }

  /** Writes the same on each; one that the server has ended is left alone. */
  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    await Promise.all(this.#connections.map((each) => each.write(bytes).catch(() => 0)));
  }

  [Symbol.dispose](): void {
    for (const each of this.#connections) each.close();
  }
}

async function assertAnswered(client: TestClient): Promise<void> {
  const start = performance.now();
  for (let count = 0; count < 10; count++) await client.settled();
  const took = performance.now() - start;
  assert.ok(took < HEALTHY_MS / 10, `ten round trips took ${took} ms`);
}

function assertBounded(memory: MemoryWatch, mib: number): void {
  const { grown } = memory;
  assert.ok(grown < mib, `memory grew by ${grown} MiB, the bound is ${mib}`);
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}
