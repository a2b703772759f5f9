/** `stop()` of the server as a library, with a drain: clients are given away, and the program goes on speaking to them until then. */
import assert from "node:assert/strict";
import { NotifyliServer } from "../../lib/library/notifyli_server.ts";
import { EventStream } from "../support/event_stream.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  Deno.test(`stop() gives clients away, and serves them until then (${listener})`, async () => {
    await using server = new NotifyliServer({
      ...{ port: 0, env: false, log: false },
      settings: {
        ...{ APP_DATA_DIR: ":memory:", APP_REQUEST_SECONDS: "off", APP_LISTENER: listener },
        ...{ APP_DRAIN_SECONDS: 3, APP_OPEN: true },
      },
    });
    server.on("message.received", async ({ message, room = "" }) => {
      if (message === "/hi") await server.broadcast("hello", room);
    });
    await server.start();
    const { url } = server;
    const sockets = `${url.replace("http", "ws")}/ws`;
    const base = await TestClient.join(sockets, { user: 1, room: "lobby" });
    const second = await TestClient.connectV2(sockets);
    await second.command("connect", { user_id: 2 });
    await using stream = await EventStream.open(`${url}/sse?user_id=3&room=lobby`);

    let isStopped = false;
    const stopping = server.stop().then(() => isStopped = true);
    await waitFor("balancers are told", async () => await statusOf(`${url}/readyz`) === 503);
    base.send({ type: "usermsg", user_id: 1, room: "lobby", message: "/hi" });
    await waitFor("the program answers", () => {
      return base.ofType("usermsg").some(({ message }) => message === "hello");
    });
    await server.createChannel("made-late", { maxClients: 5 });
    await server.notify(2, "while it drains");
    await second.get("direct_message");
    assert.equal(isStopped, false);
    const closed = await Promise.all([base, second].map((client) => client.waitClosed()));
    assert.deepEqual(closed.map(({ code }) => code), [3001, 3001]);
    await stream.ended();
    assert.match(stream.text, /3001/);
    await stopping;
    assert.throws(() => server.url, /after it was stopped/);
    await server.start();
    assert.equal(await statusOf(`${server.url}/readyz`), 200);
  });
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}
