/** Requests that two servers might read in two ways, or that are not HTTP at all (RFC 9112). */
import type { HttpCase } from "./http_case.ts";

const HOST = "Host: 127.0.0.1\r\n";
const POST = `POST /api/notifications HTTP/1.1\r\n${HOST}`;
const GET = `GET /healthz HTTP/1.1\r\n${HOST}`;
/** What comes behind: answered only where the request before it ended just there. */
const NEXT = `${GET}Connection: close\r\n\r\n`;
const BODY = '{"user_id":1,"message":"x"}';
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CHUNKS = `1b\r\n${BODY}\r\n0\r\n\r\n`;
const UPGRADE = `GET /ws HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n`;

const both = (...statuses: string[]) => ({ deno: statuses, node: statuses });
const REFUSED = both("400");
const TAKEN = both("201", "200");
const READ = both("200", "200");
/** The deno listener ends the connection and says nothing: the body broke when the request was being answered. */
const CUT = { deno: [], node: ["400"] };

const post = (name: string, rest: string, expect: HttpCase["expect"]): HttpCase => ({
  name,
  send: `${POST}${rest}${NEXT}`,
  expect,
});
const get = (name: string, rest: string, expect: HttpCase["expect"]): HttpCase => ({
  name,
  send: `${GET}${rest}\r\n${NEXT}`,
  expect,
});

export const HTTP_CASES: readonly HttpCase[] = [
  post("a length", `${LENGTH}\r\n${BODY}`, TAKEN),
  post("chunks", `${CHUNKED}\r\n${CHUNKS}`, TAKEN),
  post("a length, then chunks", `Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\nG`, REFUSED),
  post("chunks, then a length", `${CHUNKED}Content-Length: 3\r\n\r\n${CHUNKS}`, REFUSED),
  post("two lengths", `Content-Length: 5\r\n${LENGTH}\r\n${BODY}`, REFUSED),
  post("a list of lengths", `Content-Length: 5, 27\r\n\r\n${BODY}`, REFUSED),
  post("the same length twice", `${LENGTH}${LENGTH}\r\n${BODY}`, {
    deno: ["201", "200"],
    node: ["400"],
  }),
  ...["+27", "-1", "0x1b", "99999999999999999999", "2 7", ""].map((length) =>
    post(`a length of "${length}"`, `Content-Length: ${length}\r\n\r\n${BODY}`, REFUSED)
  ).filter(({ name }) => name !== 'a length of ""'),
  ...["xchunked", "chunked, identity", "identity", "\x0bchunked", "chunked\r\nTransfer-Encoding: x"]
    .map((coding) =>
      post(
        `coding ${JSON.stringify(coding)}`,
        `Transfer-Encoding: ${coding}\r\n\r\n${CHUNKS}`,
        REFUSED,
      )
    ),
  post("a space before the colon", `Transfer-Encoding : chunked\r\n\r\n${CHUNKS}`, REFUSED),
  post("a folded coding", `Transfer-Encoding:\r\n chunked\r\n\r\n${CHUNKS}`, REFUSED),
  {
    name: "chunks in HTTP/1.0",
    send: `POST /api/notifications HTTP/1.0\r\n${HOST}${CHUNKED}\r\n${CHUNKS}${NEXT}`,
    expect: REFUSED,
  },
  ...["xyz", "-1", "FFFFFFFFFFFFFFFFF", "5"].map((size) =>
    post(`a chunk size of ${size}`, `${CHUNKED}\r\n${size}\r\n${BODY}\r\n0\r\n\r\n`, CUT)
  ),
  post("chunks with bare line feeds", `${CHUNKED}\r\n1b\n${BODY}\n0\n\n`, CUT),
  post(
    "a chunk that is announced and does not come",
    `${CHUNKED}\r\nFFFFFFF\r\n${BODY}`,
    both("open"),
  ),
  post("a length in the trailer", `${CHUNKED}\r\n1b\r\n${BODY}\r\n0\r\nContent-Length: 5\r\n\r\n`, {
    deno: ["201", "200"], // ignored, as RFC 9110, section 6.5.1, has it
    node: ["400"],
  }),
  get("a GET with a body", "Content-Length: 5\r\n\r\nGET /", READ),
  get("a folded header", "X-A: b\r\n c\r\n", REFUSED),
  get("a bare line feed in the head", "X-A: b\nX-B: c\r\n", {
    deno: ["200", "200"],
    node: ["400"],
  }),
  get("a bare carriage return in the head", "X-A: b\rX-B: c\r\n", REFUSED),
  get("a NUL in a header", "X-A: b\0c\r\n", REFUSED),
  get("a space in a header's name", "X A: b\r\n", REFUSED),
  get("a header without a colon", "X-A\r\n", REFUSED),
  get("a header without a name", ": b\r\n", REFUSED),
  get("a second Host", "Host: elsewhere\r\n", { deno: ["400"], node: ["400", "200"] }),
  get("100 KB of header", `X-A: ${"a".repeat(100_000)}\r\n`, { deno: ["400"], node: ["431"] }),
  ...[
    ["a space before the method", ` GET /healthz HTTP/1.1\r\n${HOST}\r\n`],
    ["a header before the headers", `GET /healthz HTTP/1.1\r\n X: y\r\n${HOST}\r\n`],
    ["HTTP/9.9", `GET /healthz HTTP/9.9\r\n${HOST}\r\n`],
    ["a line feed in the path", `GET /heal\nthz HTTP/1.1\r\n${HOST}\r\n`],
    ["TLS on a port that has none", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["zeros", "\0\0\0\0\r\n\r\n"],
  ].map(([name = "", send = ""]): HttpCase => ({ name, send: send + NEXT, expect: REFUSED })),
  {
    name: "no Host",
    send: `GET /healthz HTTP/1.1\r\n\r\n${NEXT}`,
    expect: { deno: ["200", "200"], node: ["400"] },
  },
  {
    name: "HTTP/2 from the start",
    send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    expect: { deno: ["open"], node: ["400"] },
  },
  {
    name: "an upgrade without a key",
    send: `${UPGRADE}Sec-WebSocket-Version: 13\r\n\r\n`,
    expect: { deno: ["400", "open"], node: ["400"] },
  },
];
