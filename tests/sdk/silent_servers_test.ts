/** The client library and real servers that accept and never answer, beside one that does. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import { Program } from "../support/program.ts";
import { SilentServer } from "../support/silent_server.ts";
import { waitFor } from "../support/wait.ts";

for (const transport of [undefined, sseTransport(fetch)]) {
  const by = transport === undefined ? "a WebSocket" : "a stream of events";
  Deno.test(`SDK: servers that are silent, before the handshake or after it, hold nobody up, by ${by}`, async () => {
    await using program = await Program.start();
    await using silent = new SilentServer();
    await using mute = new SilentServer({ upgrades: true });
    const urls = [silent.url, mute.url, program.webSocketUrl];
    const client = connect({ urls, userId: 1, name: "Alice", transport });
    try {
      const kinds: string[] = [];
      client.on("state", ({ kind }) => kinds.push(kind));
      const heard: string[] = [];
      client.subscribe("lobby", ({ message }) => heard.push(message));
      await client.publish("lobby", "Hello!");
      await waitFor("it comes back", () => heard.length === 1);
      assert.deepEqual([...new Set(kinds)], ["connecting", "online"], "none was given up for that");
      await Promise.all([silent.left(), mute.left()]);
      const stats = await (await fetch(`${program.url}/api/stats`)).json();
      assert.equal(stats.clients, 1);
    } finally {
      client.close();
    }
  });
}
