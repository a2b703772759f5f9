/** Which pages may use the server: patterns of origins, what each way in makes of them, and what stands in the log. */
import assert from "node:assert/strict";
import { isAllowedOrigin } from "../../lib/net/origin.ts";
import { isListedOrigin, parseOriginPattern } from "../../lib/net/origin_patterns.ts";
import { Certificate } from "../support/certificate.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { knock, UPGRADE } from "../support/raw_socket.ts";
import { testRefused } from "../support/settings.ts";
import { waitFor } from "../support/wait.ts";

const ALLOWED = "origins such as https://shop.example, https://*.shop.example";

testRefused([
  ...[
    "shop.example",
    "https://shop.example/app",
    "https://a@shop.example",
    "https://shop.example?x",
  ],
  ...[
    "https://*",
    "https://*.",
    "https://*.:80",
    "https://*.*.shop.example",
    "https://a*.shop.example",
  ],
  ...["https://shop.*", "https://shop.example:*", "https://*.1.2.3.4"],
  ...["*.shop.example", "//shop.example", "wss://shop.example", "ftp://shop.example", "https://"],
  ...["capacitor://*", "capacitor://a/b", "capacitor:", "none", "https://.shop.example"],
].map((text) => ["APP_ALLOWED_ORIGINS", text, ALLOWED] as const));

/** What a setting says, and which origins of requests it allows and does not allow. */
const PATTERNS: [setting: string, allowed: string[], refused: string[]][] = [
  ["https://shop.example", ["https://shop.example"], [
    ...["http://shop.example", "https://shop.example:8443", "https://a.shop.example", "null"],
    ...[
      "https://shop.example.evil.example",
      "https://evil-shop.example",
      "capacitor://shop.example",
    ],
  ]],
  ["https://*.shop.example", ["https://a.shop.example", "https://a.b.shop.example"], [
    ...["https://shop.example", "http://a.shop.example", "https://a.shop.example:8443", "null"],
    ...["https://shop.example.evil", "https://evil-shop.example", "https://a.shop.example.evil"],
    ...["https://evil.example/.shop.example", "https://evil.example?.shop.example"],
    ...["https://evil.example#.shop.example", "https://evil.example\\.shop.example"],
    ...["https://a@b.shop.example", "https://a:b@c.shop.example", "https://.shop.example"],
    ...["https://evil.example:80.shop.example", "https://evil.example:443/.shop.example"],
  ]],
  ["https://*.shop.example:8443", ["https://a.shop.example:8443"], ["https://a.shop.example"]],
  ["https://Shop.Example:443/", ["https://shop.example"], ["https://shop.example:8443"]],
  ["https://bücher.example", ["https://xn--bcher-kva.example"], ["https://bucher.example"]],
  ["https://*.bücher.example", ["https://a.xn--bcher-kva.example"], []],
  ["http://[::1]:3000", ["http://[::1]:3000"], ["http://[::1]"]],
  ["capacitor://localhost", ["capacitor://localhost"], [
    ...["ionic://localhost", "http://localhost", "capacitor://localhost.evil", "null"],
  ]],
  ["ionic://", ["ionic://localhost", "ionic://x"], ["ionics://x", "capacitor://localhost", "null"]],
  ["Tauri://localhost", ["tauri://localhost"], ["https://tauri.localhost"]],
  ["chrome-extension://abcdef", ["chrome-extension://abcdef"], ["chrome-extension://abcdeg"]],
  ["file://", ["file://"], ["null", "https://file"]],
  ["null", ["null"], ["https://null", "", "file://"]],
  ["*", ["https://anything.example", "null", "tauri://localhost"], []],
];

for (const [setting, allowed, refused] of PATTERNS) {
  Deno.test(`APP_ALLOWED_ORIGINS=${setting} allows what it names, and nothing like it`, () => {
    const pattern = parseOriginPattern(setting) ?? assert.fail();
    for (const origin of allowed) assert.ok(isListedOrigin(origin, [pattern]), origin);
    for (const origin of refused) assert.ok(!isListedOrigin(origin, [pattern]), origin);
    assert.equal(parseOriginPattern(pattern), pattern);
  });
}

Deno.test("isAllowedOrigin() takes a page for the server's own by scheme, host and port", () => {
  const cases: [url: string, origin: string, isOwn: boolean, proto?: string][] = [
    ["http://shop.example/ws", "http://shop.example", true],
    ["http://shop.example/ws", "https://shop.example", true], // a proxy speaks TLS
    ["http://shop.example:443/ws", "https://shop.example", true],
    ["https://shop.example/ws", "https://shop.example", true],
    ["https://shop.example/ws", "http://shop.example", false],
    ["http://shop.example/ws", "http://shop.example", false, "https"],
    ["http://shop.example/ws", "http://shop.example", false, "HTTPS, http"],
    ["http://shop.example/ws", "http://shop.example", true, "http"],
    ["http://shop.example/ws", "https://shop.example", true, "https"],
    ["http://shop.example:7000/ws", "http://shop.example", false],
    ["http://shop.example/ws", "https://shop.example:8443", false],
    ["http://localhost/ws", "capacitor://localhost", false],
    ["http://localhost/ws", "ws://localhost", false],
    ["http://localhost/ws", "null", false],
  ];
  for (const [url, origin, isOwn, proto] of cases) {
    const headers = { origin, ...(proto !== undefined && { "x-forwarded-proto": proto }) };
    const request = new Request(url, { headers });
    assert.equal(isAllowedOrigin(request, []), isOwn, `${origin} at ${url}, ${proto}`);
  }
});

const LIST = "https://*.shop.example, capacitor://localhost, null";
const GOOD = ["https://a.shop.example", "capacitor://localhost", "null"];
const BAD = ["https://shop.example.evil", "http://a.shop.example", "tauri://localhost"];

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: over TLS, a page that came by plain http is of another site`, async () => {
    await using certificate = await Certificate.make();
    await using program = await Program.start({
      env: { APP_LISTENER: listener, ...certificate.env },
    });
    const caCerts = [await Deno.readTextFile(certificate.cert)];
    using client = Deno.createHttpClient({ caCerts, http2: false });
    for (
      const [origin, isOwn] of [
        [program.url, true],
        [program.url.replace("https:", "http:"), false],
      ] as const
    ) {
      const stream = await fetch(`${program.url}/sse`, {
        method: "HEAD",
        client,
        headers: { origin },
      });
      assert.equal(stream.status, isOwn ? 200 : 403, origin);
      const upgrade = await Deno.connectTls({
        ...{ hostname: "127.0.0.1", port: program.port, caCerts },
        alpnProtocols: ["http/1.1"],
      });
      const lines = ["GET /ws HTTP/1.1", `Host: 127.0.0.1:${program.port}`, `Origin: ${origin}`];
      await upgrade.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n${UPGRADE}\r\n`));
      const answer = new Uint8Array(12);
      await upgrade.read(answer);
      assert.equal(new TextDecoder().decode(answer), `HTTP/1.1 ${isOwn ? 101 : 403}`, origin);
      upgrade.close();
    }
  });

  Deno.test(`${listener} listener: allowed origins connect, import the library and read what it needs`, async () => {
    await using program = await Program.start({
      env: { APP_LISTENER: listener, APP_ALLOWED_ORIGINS: LIST },
    });
    for (const origin of [...GOOD, ...BAD]) {
      const isGood = GOOD.includes(origin);
      using socket = await knock(program.port, { headers: { origin } });
      assert.equal(socket.status, isGood ? 101 : 403, origin);
      for (
        const [path, method, status] of [
          ["/notifyli.js", "GET", 200],
          ["/config.json", "GET", 200],
          ["/config.json", "OPTIONS", 204],
          ["/sse", "HEAD", isGood ? 200 : 403],
          ["/sse", "OPTIONS", isGood ? 204 : 403],
          ["/sse/abc", "OPTIONS", isGood ? 204 : 403],
          ["/sse/abc", "POST", isGood ? 404 : 403],
        ] as const
      ) {
        const preflight = { "access-control-request-method": "GET" };
        const response = await fetch(`${program.url}${path}`, {
          method,
          headers: { origin, ...(method === "OPTIONS" && preflight) },
        });
        await response.body?.cancel();
        const what = `${method} ${path} from ${origin}`;
        assert.equal(response.status, status, what);
        const opened = response.headers.get("access-control-allow-origin");
        assert.equal(opened, isGood ? origin : null, what);
        assert.match(response.headers.get("vary") ?? "", /\bOrigin\b/, what);
        assert.equal(response.headers.get("access-control-allow-credentials"), null, what);
      }
      for (const path of ["/", "/main.js", "/healthz", "/api/stats"]) {
        const response = await fetch(`${program.url}${path}`, { headers: { origin } });
        await response.body?.cancel();
        assert.equal(response.headers.get("access-control-allow-origin"), null, path);
      }
    }
    const preflight = await fetch(`${program.url}/sse/abc`, {
      method: "OPTIONS",
      headers: {
        origin: "capacitor://localhost",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /POST/);
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /content-type/);
    const unchanged = await fetch(`${program.url}/notifyli.js`, {
      headers: { origin: "null", "if-none-match": "*" },
    });
    assert.equal(unchanged.status, 304);
    assert.equal(unchanged.headers.get("access-control-allow-origin"), "null");
    // Whoever runs the server sees which page was refused, once, although each was refused by several ways.
    const refused = program.log.filter(({ message }) => /^A page of/.test(message));
    assert.deepEqual(refused.map(({ level }) => level), BAD.map(() => "warning"));
    for (const origin of BAD) {
      assert.ok(refused.some(({ message }) => message.includes(JSON.stringify(origin))), origin);
    }
  });

  for (
    const [what, env, code] of [
      ["host", { APP_HOSTS: "shop.example" }, "host_denied"],
      [
        "address",
        { APP_TRUSTED_PROXIES: "127.0.0.1", APP_DENY_IPS: "203.0.113.7" },
        "address_denied",
      ],
      ["open mode", { APP_OPEN: "false" }, "forbidden"],
    ] as const
  ) {
    Deno.test(`${listener} listener: an allowed page can read why its ${what} is refused, and no other page`, async () => {
      await using program = await Program.start({
        env: { APP_LISTENER: listener, APP_ALLOWED_ORIGINS: LIST, ...env },
      });
      const refused = what === "host" ? "Host: evil.example" : "X-Forwarded-For: 203.0.113.7";
      const ask = async (line: string, origin: string) => {
        const preflight = line.startsWith("OPTIONS")
          ? ["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization"]
          : [];
        const lines = [`${line} HTTP/1.1`, ...(what === "host" ? [] : ["Host: 127.0.0.1"])];
        return await rawRequest(program.port, [
          ...lines,
          refused,
          `Origin: ${origin}`,
          ...preflight,
        ]);
      };
      for (const path of ["/sse", "/config.json", "/notifyli.js"]) {
        for (const origin of [...GOOD, ...BAD]) {
          const isGood = GOOD.includes(origin);
          const { status, headers, body } = await ask(`GET ${path}`, origin);
          assert.deepEqual([status, JSON.parse(body).code], [403, code], `${path} from ${origin}`);
          const opened = headers.get("access-control-allow-origin");
          assert.equal(opened, isGood ? origin : null, `${path} from ${origin}`);
          assert.equal(headers.get("access-control-allow-credentials"), null);
          const first = await ask(`OPTIONS ${path}`, origin);
          assert.equal(first.status, isGood ? 204 : 403, `${path} from ${origin}`);
          const fields = first.headers.get("access-control-allow-headers");
          assert.equal(fields, isGood ? "authorization" : null);
        }
      }
    });
  }

  Deno.test(`${listener} listener: refused pages write no more than some lines of the log`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    for (let number = 0; number < 120; number++) {
      using socket = await knock(program.port, {
        headers: { origin: `https://${"x".repeat(number)}.example` },
      });
      assert.equal(socket.status, 403);
    }
    const lines = program.log.filter(({ logger }) => logger === "notifyli.refused");
    assert.equal(lines.length, 51);
    assert.match(lines.at(-1)?.message ?? "", /is not logged/);
    assert.ok(lines.every(({ message }) => message.length < 400));
  });

  Deno.test(`${listener} listener: a page of another site opens no stream in a window, frame or image`, async () => {
    await using program = await Program.start({
      env: { APP_LISTENER: listener, APP_ALLOWED_ORIGINS: "*" },
    });
    const sent = await fetch(`${program.url}/api/users/7/notifications`, {
      method: "POST",
      headers: { "idempotency-key": "for-user-7" },
      body: "for user 7 alone",
    });
    assert.equal(sent.status, 201, await sent.text());
    const page = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";
    const fetched = (site: string, mode: string, dest: string) => [
      ...[`Sec-Fetch-Site: ${site}`, `Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${dest}`],
    ];
    for (
      const headers of [
        [...fetched("cross-site", "navigate", "iframe"), page],
        [...fetched("cross-site", "navigate", "document"), page], // window.open
        [...fetched("same-site", "navigate", "document"), page], // another port of this host
        fetched("cross-site", "no-cors", "script"),
        fetched("cross-site", "no-cors", "image"),
        fetched("same-site", "no-cors", "audio"),
        // over plain http, browsers do not say more of a frame, an image, a style and a video
        [page],
        ["Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"],
        ["Accept: text/css,*/*;q=0.1"],
        ["Accept: video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,*/*;q=0.5"],
      ]
    ) {
      for (const path of ["/sse?user_id=7&room=/user/7", "/sse"]) {
        const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${program.port}`, ...headers];
        const { status, body } = await rawRequest(program.port, lines);
        assert.equal(status, 403, headers.join());
        assert.equal(JSON.parse(body).code, "forbidden");
      }
    }
    const receipt = await fetch(`${program.url}/api/notifications/for-user-7`);
    assert.equal((await receipt.json()).state, "queued");
    for (
      const headers of <Record<string, string>[]> [
        { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", accept: "text/html" }, // typed by a person
        { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" },
        { "sec-fetch-site": "cross-site", origin: "https://shop.example" }, // EventSource
        { accept: "text/event-stream" },
        {},
      ]
    ) {
      await using stream = await EventStream.open(`${program.url}/sse?user_id=7`, "", headers);
      await stream.get("direct_message");
    }
    await waitFor(
      "the refusal is in the log",
      () => program.log.some(({ message }) => /may not open a stream/.test(message)),
    );
  });
}
