/** Plain clients, of the base protocol, which acknowledge nothing: what they are known to have, and what comes again. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("on the node listener a plain client has a notification when it answers a ping", async () => {
  await using program = await start("node");
  await using client = await TestClient.join(program.webSocketUrl, ROOM);
  await notify(program, "order-0001");
  await client.get("direct_message");
  await waitFor(
    "it is delivered",
    async () => await stateOf(program, "order-0001") === "delivered",
  );
});

Deno.test("on the node listener nothing is lost that a dead plain client's system took", async () => {
  await using program = await start("node", { APP_KEEPALIVE_SECONDS: "1" });
  await notify(program, "order-0001");
  using dead = await RawSocket.open(program.port, "/ws?user_id=1&room=/user/1");
  await notify(program, "order-0002");
  assert.match(await takenBy(dead), /"order-0001"/);
  await waitFor("the dead one is dropped", async () => await clients(program) === 0);
  for (const id of ["order-0001", "order-0002"]) {
    assert.equal(await stateOf(program, id), "queued");
  }
  await using client = await TestClient.join(program.webSocketUrl, ROOM);
  const frames = await client.get("direct_message", 2);
  assert.deepEqual(frames.map(({ id }) => id), ["order-0001", "order-0002"]);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: what a plain client got before a stop does not come again`, async () => {
    const dataDir = await Deno.makeTempDir();
    try {
      const first = await Program.start({ dataDir, env: { APP_LISTENER: listener } });
      const client = await TestClient.join(first.webSocketUrl, ROOM);
      for (let each = 0; each < 20; each++) await notify(first, `order-00${10 + each}`);
      await client.get("direct_message", 20);
      first.kill("SIGTERM");
      await client.waitClosed();
      await first.ended();
      await using second = await Program.start({ dataDir, env: { APP_LISTENER: listener } });
      await using again = await TestClient.join(second.webSocketUrl, ROOM);
      await again.settled();
      assert.deepEqual(again.ofType("direct_message"), []);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  });

  Deno.test(`${listener} listener: a plain client gets what is queued once, over many connections`, async () => {
    await using program = await start(listener);
    for (let each = 0; each < 30; each++) await notify(program, `order-00${10 + each}`);
    const got: unknown[] = [];
    for (let each = 0; each < 3; each++) {
      const client = await TestClient.join(program.webSocketUrl, ROOM);
      await client.settled();
      got.push(...client.ofType("direct_message").map(({ id }) => id));
      await waitFor(
        "nothing is queued",
        async () => await stateOf(program, "order-0039") !== "queued",
      );
      await client.close();
    }
    assert.deepEqual(got, Array.from({ length: 30 }, (_, each) => `order-00${10 + each}`));
  });
}

const ROOM = { user: 1, room: "/user/1" };

function start(listener: string, env: Record<string, string> = {}): Promise<Program> {
  return Program.start({ env: { APP_LISTENER: listener, ...env } });
}

/** All that a client's system takes, until the server ends the connection: no ping is answered. */
async function takenBy(socket: RawSocket): Promise<string> {
  let text = "";
  for (;;) {
    const frame = await socket.read();
    if (frame === "end") return text;
    assert.ok(frame !== "silence", "the server ends it");
    text += new TextDecoder().decode(frame.payload);
  }
}

async function notify({ url }: Program, id: string): Promise<void> {
  const answer = await fetch(`${url}/api/users/1/notifications`, {
    method: "POST",
    body: `Order ${id}`,
    headers: { "idempotency-key": id },
  });
  await answer.body?.cancel();
  assert.equal(answer.status, 201);
}

async function stateOf({ url }: Program, id: string): Promise<unknown> {
  return (await (await fetch(`${url}/api/notifications/${id}`)).json())["state"];
}

async function clients({ url }: Program): Promise<number> {
  return (await (await fetch(`${url}/api/stats`)).json())["clients"];
}
