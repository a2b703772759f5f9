/** The client library with the npm package `ws` as its WebSocket, which ends a program that does not hear its errors. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { connect, type ConnectOptions } from "../../lib/sdk/mod.ts";
import { run } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { SilentServer } from "../support/silent_server.ts";
import { waitFor } from "../support/wait.ts";

/** The package's own types fit: this compiles. */
const OPTIONS: Partial<ConnectOptions> = { userId: 1, environment: { WebSocket } };

const NOTHING = () => new Response("Not found", { status: 404 });

/** Servers that no client can use, by what they do with a connection. */
const FAILING: Readonly<Record<string, (request: Request) => Response>> = {
  "has nothing there": NOTHING,
  "asks to wait": () => new Response(null, { status: 503 }),
  "leads elsewhere": () => new Response(null, { status: 302, headers: { location: "/" } }),
  "speaks another protocol": (request) => upgrade(request, undefined)?.response ?? NOTHING(),
  "closes at once": (request) => {
    const upgraded = upgrade(request, "notifyli.v2");
    if (upgraded === undefined) return NOTHING();
    upgraded.socket.onopen = () => upgraded.socket.close(4000, "not now");
    return upgraded.response;
  },
};

/** `undefined` where the client asks for a stream of events. */
function upgrade(request: Request, protocol: string | undefined) {
  const isUpgrade = request.headers.get("upgrade") === "websocket";
  return isUpgrade ? Deno.upgradeWebSocket(request, { protocol }) : undefined;
}

/** A program that tries servers which fail, is closed while one is silent, and then talks with a good one. */
const PROGRAM = (
  { library, ws, failing, silent, good }: {
    readonly library: string;
    readonly ws: string;
    readonly failing: readonly string[];
    readonly silent: string;
    readonly good: string;
  },
) => `
  import { connect } from ${JSON.stringify(library)};
  import WebSocket from ${JSON.stringify(ws)};
  const environment = { WebSocket };
  await Promise.all(${JSON.stringify(failing)}.map((url) => new Promise((failed) => {
    const client = connect({ url, userId: 1, environment });
    client.on("state", ({ kind }) => {
      if (kind !== "waiting") return;
      client.close();
      failed();
    });
  })));
  const early = connect({ url: ${JSON.stringify(silent)}, userId: 1, environment });
  await new Promise((resolve) => setTimeout(resolve, 50));
  early.close();
  const client = connect({ url: ${JSON.stringify(good)}, userId: 1, environment });
  client.subscribe("lobby", ({ message }) => {
    console.log(message);
    client.close();
  });
  await client.publish("lobby", "Still here").catch(() => {}); // closed before its answer
`;

Deno.test("SDK with the package ws: connections that fail in any way end no program, in Deno and Node.js", async () => {
  await using program = await Program.start();
  await using silent = new SilentServer();
  const servers = Object.values(FAILING).map((answer) =>
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer)
  );
  const failing = servers.map(({ addr }) => `ws://127.0.0.1:${addr.port}/ws`);
  const parts = {
    library: `${ROOT}static/notifyli.js`,
    failing: [...failing, `ws://127.0.0.1:${freePort()}/ws`],
    silent: silent.url,
    good: program.webSocketUrl,
  };
  const file = await Deno.makeTempFile({ suffix: ".mjs" });
  try {
    const inNode = createRequire(import.meta.url).resolve("ws");
    for (
      const [ws, command] of [
        [inNode, ["node", file]],
        [import.meta.resolve("ws"), [Deno.execPath(), "run", "--cached-only", "-A", file]],
      ] as const
    ) {
      await Deno.writeTextFile(file, PROGRAM({ ...parts, ws }));
      const outcome = await run(command, { cwd: ROOT });
      assert.deepEqual(outcome, { code: 0, stdout: "Still here\n", stderr: "" });
    }
  } finally {
    await Deno.remove(file);
    await Promise.all(servers.map((server) => server.shutdown()));
  }
});

Deno.test("SDK with the package ws: a client that is closed while it connects is quiet", async () => {
  await using silent = new SilentServer();
  const client = connect({ ...OPTIONS, url: silent.url });
  await silent.accepted(1);
  client.close();
  assert.equal(client.state.kind, "closed");
  await silent.left();
});

Deno.test("SDK with the package ws: a server that hangs does not hold a client that was closed", async () => {
  await using frozen = new SilentServer({ upgrades: true, hearsClose: false });
  const client = connect({ ...OPTIONS, url: frozen.url });
  await waitFor("it introduces itself", () => /\r\n\r\n./s.test(frozen.heard[0] ?? ""));
  client.close();
  await frozen.left(20_000); // the package itself waits for 30 s
});
