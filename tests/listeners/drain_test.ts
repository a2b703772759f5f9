/** How a server stops that has others beside it: it gives its clients away, and what was begun is finished. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** A third of it is for balancers. */
const DRAIN_SECONDS = 12;
const CLIENTS = 20;

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: before a stop, /readyz says 503, then clients go one after the other`, async () => {
    await using program = await start(listener, { APP_DRAIN_SECONDS: String(DRAIN_SECONDS) });
    const clients = await Promise.all(
      Array.from(
        { length: CLIENTS },
        (_, index) => TestClient.join(program.webSocketUrl, { user: index + 1, room: "lobby" }),
      ),
    );
    const closedAt: number[] = [];
    const closed = clients.map(async (client) => {
      const { code } = await client.waitClosed();
      closedAt.push(performance.now());
      return code;
    });
    const askedAt = performance.now();
    program.kill("SIGTERM");
    await waitFor("balancers are told", async () => (await ready(program)).status === 503);
    assert.deepEqual(await ready(program), {
      status: 503,
      reason: "the server is being stopped",
    });
    // Balancers that have not noticed lead somebody here, who is served as ever.
    await using late = await TestClient.join(program.webSocketUrl, { user: 99, room: "lobby" });
    clients[0]!.send({ type: "usermsg", user_id: 1, room: "lobby", message: "Still here" });
    await late.get("usermsg");
    assert.deepEqual(new Set(await Promise.all(closed)), new Set([3001]));
    const first = Math.min(...closedAt) - askedAt;
    assert.ok(
      first >= DRAIN_SECONDS * 1000 / 3 - 5,
      `one went before balancers could know: ${first}`,
    );
    const spread = Math.max(...closedAt) - Math.min(...closedAt);
    assert.ok(spread > 1000, `all went within ${spread} ms`);
    assert.equal((await late.waitClosed()).code, 3001);
    assert.equal((await program.ended()).code, 0);
  });

  Deno.test(`${listener} listener: a second signal ends the wait for clients to go`, async () => {
    await using program = await start(listener, { APP_DRAIN_SECONDS: "3600" });
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    program.kill("SIGTERM");
    await waitFor("it drains", async () => (await ready(program)).status === 503);
    await client.settled();
    program.kill("SIGINT");
    assert.equal((await client.waitClosed()).code, 3001);
    assert.equal((await program.ended()).code, 0);
  });

  Deno.test(`${listener} listener: an upload that has begun is finished before the server ends`, async () => {
    await using program = await start(listener, { APP_KEY });
    const manager = await Manager.of(program);
    const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>();
    const { promise: begun, resolve: hasBegun } = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("The first half, "));
        hasBegun();
        await rest;
        controller.enqueue(new TextEncoder().encode("and the second."));
        controller.close();
      },
    });
    const uploading = fetch(`${program.url}/api/files?user_id=1&name=halves.txt`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${manager.key}`,
        "content-type": "text/plain",
      },
      body,
    });
    await begun;
    await waitFor("the upload has begun", async () => {
      const entries = await Array.fromAsync(Deno.readDir(`${program.dataDir}/files`)).catch(
        () => [],
      );
      return entries.length > 0;
    });
    program.kill("SIGTERM");
    // Longer than a stop waits for clients that only have to close.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    sendRest();
    const answer = await uploading;
    assert.equal(answer.status, 201, await answer.clone().text());
    assert.equal((await answer.json())["bytes"], 31);
    assert.equal((await program.ended()).code, 0);
  });
}

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: before a stop, clients of version 2 and streams of events are told to come back, too`, async () => {
    await using program = await start(listener, { APP_DRAIN_SECONDS: "3" });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const response = await fetch(`${program.url}/sse?user_id=2`);
    const streamed = response.text();
    program.kill("SIGTERM");
    assert.equal((await client.waitClosed()).code, 3001);
    assert.match(await streamed, /3001/);
    assert.equal((await program.ended()).code, 0);
  });
}

function start(listener: string, env: Readonly<Record<string, string>>): Promise<Program> {
  return Program.start({ env: { APP_LISTENER: listener, ...env } });
}

async function ready(program: Program): Promise<{ status: number; reason: unknown }> {
  const response = await fetch(`${program.url}/readyz`);
  return { status: response.status, reason: (await response.json())["reason"] };
}
