/** Upgrades as programs ask for them, on both listeners: to WebSocket in unusual words, and to what the server does not speak. */
import assert from "node:assert/strict";
import { Certificate } from "../support/certificate.ts";
import { Program } from "../support/program.ts";
import { RawLink } from "../support/raw_link.ts";
import { rawExchange } from "../support/raw_http.ts";
import { RawSocket, UPGRADE } from "../support/raw_socket.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { text } from "../support/wire_frame.ts";

/** What Java's HttpClient and `curl --http2` add to a request over plain http. */
const H2C = [
  "Connection: Upgrade, HTTP2-Settings",
  "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
  "Upgrade: h2c",
];

/** Upgrades that are none to WebSocket: HTTP goes on as if they were not there (RFC 9110, section 7.8). */
const OTHERS: [name: string, headers: string[]][] = [
  ["h2c", H2C],
  ["h2c in capitals", [
    "connection: upgrade,http2-settings",
    "HTTP2-Settings: AAMAAABk",
    "upgrade: H2C",
  ]],
  ["TLS", ["Connection: Upgrade", "Upgrade: TLS/1.2, TLS/1.0"]],
  ["an unknown one", ["Connection: keep-alive, Upgrade", "Upgrade: IRC/6.9"]],
  ["one that the connection does not name", ["Upgrade: h2c"]],
  ["a WebSocket that the connection does not name", [
    "Upgrade: websocket",
    "Connection: keep-alive",
  ]],
  ["none, although the connection names one", ["Connection: Upgrade"]],
  ["several", [...H2C.slice(0, 2), "Upgrade: h2c, IRC/6.9"]],
];

/** Whether the runtime of the `deno` listener refuses a request, because it names an upgrade and has a body, if an empty one. */
function isRefusedByDeno(headers: readonly string[], body: boolean): boolean {
  const names = (name: string) => headers.some((each) => each.toLowerCase().startsWith(`${name}:`));
  return body && names("upgrade") && headers.some((each) => /^connection:.*upgrade/i.test(each));
}

for (const listener of ["deno", "node"]) {
  const shared = sharedProgram({ APP_LISTENER: listener });

  for (const [name, headers] of OTHERS) {
    Deno.test(`${listener} listener: an upgrade to something else is ignored: ${name}`, async () => {
      const { port } = shared();
      const ask = (method: string, path: string, more: string[] = [], body = "") =>
        rawExchange(
          port,
          [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, ...more],
          body,
        );
      assert.equal((await ask("GET", "/healthz")).body, "ok\n");
      assert.equal((await ask("HEAD", "/config.json")).status, 200);
      assert.equal((await ask("GET", "/ws")).status, 426);
      assert.equal((await ask("GET", "/nothing")).status, 404);
      const isRefused = listener === "deno" && isRefusedByDeno(headers, true);
      const path = "/api/users/1/notifications";
      const long = "x".repeat(9000);
      for (
        const [method, path_, more, body, status] of [
          ["GET", "/healthz", ["Content-Length: 0"], "", 200],
          ["POST", path, [`Content-Length: ${long.length}`], long, 201],
          ["POST", path, ["Transfer-Encoding: chunked"], "5\r\nHello\r\n0\r\n\r\n", 201],
        ] as const
      ) {
        const answer = await ask(method, path_, [...more], body);
        assert.equal(answer.status, isRefused ? 400 : status, `${more}: ${answer.body}`);
      }
    });
  }

  Deno.test(`${listener} listener: a connection goes on after another upgrade was ignored`, async () => {
    const { port } = shared();
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const head = ["GET /healthz HTTP/1.1", `Host: 127.0.0.1:${port}`];
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(4096);
    for (const headers of [H2C, H2C, [], H2C, ["Connection: close"]]) {
      const request = `${[...head, ...headers].join("\r\n")}\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      let text = "";
      while (!text.endsWith("\r\n\r\nok\n")) {
        const length = await connection.read(buffer) ?? assert.fail(text);
        text += decoder.decode(buffer.subarray(0, length));
      }
      assert.match(text, /^HTTP\/1\.1 200 /);
    }
    assert.equal(await connection.read(buffer), null);
  });

  /** Handshakes as programs write them: Java's with a length, Firefox' with a list of connections. */
  const HANDSHAKES: [name: string, lines: string][] = [
    ["with a length of 0, as Java's", `Content-Length: 0\r\n${UPGRADE}`],
    ["of a connection that is kept alive", UPGRADE.replace(": Upgrade", ": keep-alive, Upgrade")],
    ["in other cases", UPGRADE.replace("Upgrade: websocket", "upgrade: WebSocket")],
    ["among others", UPGRADE.replace("websocket", "h2c, websocket")],
    ["over HTTP/2 or WebSocket", UPGRADE.replace("websocket", "websocket, h2c")],
  ];
  for (const [name, lines] of HANDSHAKES) {
    if (listener === "deno" && isRefusedByDeno(lines.split("\r\n"), /length/i.test(lines))) {
      continue;
    }
    Deno.test(`${listener} listener: takes a WebSocket handshake ${name}`, async () => {
      const { port } = shared();
      using socket = await RawSocket.open(port, "/ws", "", lines);
      await socket.write(text('{"type":"ping"}'));
      const frame = await socket.read();
      assert.ok(
        typeof frame === "object" && /"pong"/.test(new TextDecoder().decode(frame.payload)),
      );
    });
  }

  Deno.test(`${listener} listener: takes no WebSocket handshake with a body`, async () => {
    const { port } = shared();
    const head = [
      "GET /ws HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      ...UPGRADE.trimEnd().split("\r\n"),
    ];
    for (
      const [more, body] of [
        ["Content-Length: 5", "Hello"],
        ["Transfer-Encoding: chunked", "5\r\nHello\r\n0\r\n\r\n"],
      ] as const
    ) {
      const { status } = await rawExchange(port, [...head, more], body);
      assert.equal(status, listener === "deno" ? 400 : 426, more);
    }
  });

  Deno.test(`${listener} listener: curl --http2 gets its answers`, async () => {
    const { url } = shared();
    const curl = async (...args: string[]) => {
      const { stdout, stderr, code } = await new Deno.Command("curl", {
        args: ["-sS", "--max-time", "20", "--http2", "-w", " %{http_code}", ...args],
        stdin: "null",
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    assert.equal(await curl(`${url}/healthz`), "ok\n 200");
    assert.match(await curl("-I", `${url}/sse?user_id=1`), / 200$/);
    const sent = await curl("-d", "Hello", `${url}/api/users/1/notifications`);
    assert.match(sent, listener === "deno" ? /^ 400$/ : / 201$/);
  });
}

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: a connection is upgraded as soon as its request is answered, over TLS, too`, async () => {
    await using certificate = await Certificate.make();
    const tls = { APP_TLS_CERT: certificate.cert, APP_TLS_KEY: certificate.key };
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...tls } });
    const { cert } = await certificate.read();
    for (let count = 1; count <= 50; count++) {
      using link = await RawLink.open(program.port, cert);
      assert.equal(await link.request("GET", "/healthz"), 200);
      await link.upgrade(`/ws?user_id=${count}&room=lobby`);
    }
  });
}
