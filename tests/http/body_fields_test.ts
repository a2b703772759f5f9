/** What senders say that a body is, and what becomes of it: no source of a body is ever shown to a user as a message. */
import assert from "node:assert/strict";
import { headerText } from "../../lib/http/encoded_words.ts";
import { mediaTypeOf } from "../../lib/http/media_type.ts";
import type { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

type Json = Readonly<Record<string, unknown>>;

/** A body, its type (`undefined` for none), and the notification that comes of it, or the status and code of a refusal. */
type Case = readonly [
  body: string | Uint8Array<ArrayBuffer>,
  type: string | undefined,
  expect: Json | readonly [status: number, code: string, said: RegExp],
];

/** The same for a query and headers. */
type QueryCase = readonly [
  query: string,
  headers: readonly string[],
  body: string,
  expect: Case[2],
];

const FORM = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data; boundary=XX";
const HI = { message: "Grüße", name: "Shop", room: "lobby" };
const JSON_HI = '{"message":"Grüße","from":"Shop","room":"lobby"}';
const latin1 = (text: string) => Uint8Array.from(text, (each) => each.charCodeAt(0));
const part = (name: string, value: string, more = "") =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;

const CASES: readonly Case[] = [
  // JSON, by whatever name
  ...[
    ...["application/json", "Application/JSON", "application/json; charset=utf-8", "text/json"],
    ...[
      "application/json;charset=UTF-8",
      'application/json; charset="utf-8"',
      "APPLICATION/JSON ;v=1",
    ],
    ...[
      "application/vnd.shop+json",
      "application/problem+json; charset=utf-8",
      "Application/LD+JSON",
    ],
  ].map((type) => [JSON_HI, type, HI] as const),
  [latin1(JSON_HI), "application/json; charset=iso-8859-1", HI],
  [latin1(JSON_HI), "application/json", [400, "invalid_field", /not UTF-8/]],
  [JSON_HI, "application/json; charset=utf-99", [415, "unsupported_type", /"utf-99" is not known/]],
  ['{"message":', "application/vnd.shop+json", [
    400,
    "invalid_json",
    /Cannot read the body as JSON/,
  ]],
  // JSON that nobody calls so, as `curl -d` and `fetch` send it
  ...[undefined, FORM, "text/plain;charset=UTF-8", "application/octet-stream"].flatMap((type) =>
    [
      [JSON_HI, type, HI],
      [` \n${JSON_HI}\n`, type, HI],
      ['{"text":"x=1&message=y"}', type, [400, "missing_field", /'message'/]],
      ['{"message":"it is cut', type, [400, "invalid_json", /JSON/]],
      ["{}", type, [400, "missing_field", /'message'/]],
      ['[{"message":"one of several"}]', type, [400, "invalid_frame", /as an object/]],
    ] as const
  ),
  // forms
  ["message=Gr%C3%BC%C3%9Fe&from=Shop&room=lobby", FORM, HI],
  ["message=Gr%C3%BC%C3%9Fe&from=Shop&room=lobby", `${FORM.toUpperCase()}; charset=UTF-8`, HI],
  ["message=Gr%FC%DFe&from=Shop&room=lobby", `${FORM}; charset=iso-8859-1`, HI],
  ["message=Gr%FC%DFe", FORM, [400, "invalid_field", /not percent-encoded/]],
  ["message=Grüße&from=Shop&room=lobby", FORM, HI], // curl -d "message=Grüße&…"
  ["message=Gr%C3%BC%C3%9Fe&from=Shop&room=lobby", undefined, HI],
  ["message=1+1%3D2+%26+more", FORM, { message: "1+1=2 & more".replace("1+1", "1 1") }],
  ["message=100%&from=Shop", FORM, { message: "100%", name: "Shop" }],
  ["message=Your order has shipped&from=Shop", FORM, {
    message: "Your order has shipped",
    name: "Shop",
  }],
  ["message=line+1%0D%0Aline+2", FORM, { message: "line 1\r\nline 2" }],
  ["from=Shop&message=a%3Db", FORM, { message: "a=b", name: "Shop" }],
  ["message=Fish & Chips", FORM, [400, "invalid_field", /has no '='/]],
  ["message=a&message=b", FORM, [400, "invalid_field", /current value is \["a","b"\]/]],
  ["text=Hello&title=Hi", FORM, [400, "missing_field", /'message'/]],
  ["payload=%7B%22a%22%3A1%7D", FORM, [400, "missing_field", /'message'/]],
  ["message=", FORM, [400, "missing_field", /'message' is empty/]],
  [`message=${"x".repeat(10_001)}`, FORM, [413, "too_long", /the limit is 10000/]],
  ["message=Hi&room=a%0Ab", FORM, [400, "invalid_field", /'room'/]],
  ["message=Hi&expires_at=4102444800", FORM, { message: "Hi" }],
  ["message=Hi&expires_at=soon", FORM, [400, "invalid_field", /'expires_at'/]],
  ["message=Hi" + "&a=".repeat(20_000), FORM, [
    400,
    "invalid_field",
    /20001 fields, the limit is 100/,
  ]],
  [part("a", "").repeat(900) + "--XX--", MULTIPART, [
    400,
    "invalid_field",
    /900 fields, the limit is 100/,
  ]],
  ["__proto__=x&message=Hi", FORM, { message: "Hi" }],
  // parts
  [
    `${part("message", "Grüße")}${part("from", "Shop")}${part("room", "lobby")}--XX--\r\n`,
    MULTIPART,
    HI,
  ],
  [`${part("message", "Grüße")}--XX--\r\n`, "Multipart/Form-Data; boundary=XX", {
    message: "Grüße",
  }],
  [`${part("title", "Grüße")}--XX--\r\n`, MULTIPART, [400, "missing_field", /'message'/]],
  [`${part("message", "x", '; filename="a.txt"')}--XX--\r\n`, MULTIPART, [
    415,
    "unsupported_type",
    /"message" is a file/,
  ]],
  [latin1(`${part("message", "Grüße")}--XX--\r\n`), MULTIPART, [400, "invalid_field", /not UTF-8/]],
  ["no parts at all", MULTIPART, [400, "invalid_field", /as a form/]],
  ["message=Hi", "multipart/form-data", [400, "invalid_field", /as a form/]],
  // texts
  ...[undefined, FORM, "text/plain", "TEXT/PLAIN; charset=utf-8", "text/markdown"].flatMap((type) =>
    [
      "Your order has shipped",
      "Grüße",
      "a & b",
      "2 + 2 = 4",
      "[WARN] disk",
      "{ braces }",
      "99%",
      "R&D=fun ok",
    ]
      .map((message) => [message, type, { message, name: "system", room: "/user/1" }] as const)
  ),
  ["message=as it is", "text/plain", { message: "message=as it is" }], // its sender says what it is
  [latin1("Grüße"), "text/plain; charset=windows-1252", { message: "Grüße" }],
  [latin1("Grüße"), "text/plain", [400, "invalid_field", /not UTF-8/]],
  // what is none of these
  ...["text/html", "application/xml", "image/png", "application/json5", "x", "application/pdf"].map(
    (type) =>
      ["<b>Hi</b>", type, [
        415,
        "unsupported_type",
        /send text\/plain, application\/json or a form/,
      ]] as const,
  ),
];

for (const listener of ["deno", "node"]) {
  const shared = sharedProgram({ APP_LISTENER: listener });

  for (const method of ["POST", "PUT"]) {
    Deno.test(`${listener} listener: ${method} of a notification reads bodies by what they are`, async () => {
      const program = shared();
      await using user = await Listening.as(program, 1);
      for (const [body, type, expect] of CASES) {
        const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
        const answer = await send(
          program,
          "/api/users/1/notifications",
          { method, body: bytes },
          type,
        );
        await user.assertGot(answer, expect, `${type}: ${new TextDecoder().decode(bytes)}`);
      }
    });
  }

  Deno.test(`${listener} listener: POST /api/notifications takes JSON by any name, and forms`, async () => {
    const program = shared();
    await using user = await Listening.as(program, 1);
    const json = '{"user_id":1,"message":"Hi","from":"Shop"}';
    const hi = { message: "Hi", name: "Shop", room: "1" };
    const cases: Case[] = [
      ...[undefined, FORM, "text/plain", "application/ld+json", "Application/Json", "text/html"]
        .map((type) => [json, type, hi] as const),
      ["user_id=1&message=Hi&from=Shop", FORM, hi],
      [
        `${part("user_id", "1")}${part("message", "Hi")}${part("from", "Shop")}--XX--`,
        MULTIPART,
        hi,
      ],
      ["Hello", FORM, [400, "invalid_json", /JSON/]],
      ["user_id=1&message=Hi", "text/plain", [400, "invalid_json", /JSON/]],
      ["user_id=1", FORM, [400, "missing_field", /'message'/]],
    ];
    for (const method of ["POST", "PUT"]) {
      for (const [body, type, expect] of cases) {
        const bytes = new TextEncoder().encode(String(body));
        const answer = await send(program, "/api/notifications", { method, body: bytes }, type);
        await user.assertGot(answer, expect, `${type}: ${body}`);
      }
    }
  });

  Deno.test(`${listener} listener: a message in the query, and headers that are more than ASCII`, async () => {
    const { port, url } = shared();
    for (const [body, status] of [["another", 400], ["Hi", 201], ["", 201]] as const) {
      const said = await fetch(`${url}/api/rooms/lobby/messages?message=Hi`, {
        method: "POST",
        body,
      });
      assert.equal(said.status, status, await said.text());
    }
    await using user = await Listening.as(shared(), 1);
    const cases: readonly QueryCase[] = [
      ["?message=Gr%C3%BC%C3%9Fe&from=Shop", [], "", { message: "Grüße", name: "Shop" }],
      ["?message=Hi", ["Content-Type: text/plain"], "Hi", { message: "Hi" }],
      ["?message=Hi", [`Content-Type: ${FORM}`], "message=Hi&from=A", { message: "Hi", name: "A" }],
      ["?message=Hi", [`Content-Type: ${FORM}`], "from=A", { message: "Hi", name: "A" }],
      ["?message=Hi", [], "another", [400, "invalid_field", /one message/]],
      ["?message=", [], "", [400, "missing_field", /empty/]],
      ...["application/json", FORM, MULTIPART, "text/plain", "image/png"].map((type): QueryCase => [
        ...["?message=Hi", [`Content-Type: ${type}`], ""] as const,
        { message: "Hi" },
      ]),
      ["?message=Hi&message=Hi&from=A", [], "", { message: "Hi", name: "A" }],
      ["?message=Hi&message=Ho", [], "", [400, "invalid_field", /one value in the query/]],
      ["?from=A&from=B", [], "Hi", [400, "invalid_field", /'from'.*one value in the query/]],
      ["", ["Content-Encoding: identity"], "Hi", { message: "Hi" }],
      ...["gzip", "deflate", "identity, br", "X-Gzip"].map((encoding): QueryCase => [
        ...["", [`Content-Encoding: ${encoding}`], "Hi"] as const,
        [415, "unsupported_type", /send it as it is/],
      ]),
      ["", [], "", [400, "missing_field", /Missing field 'message'/]],
      ["", ["X-From: =?UTF-8?B?R3LDvMOfZQ==?="], "Hi", { message: "Hi", name: "Grüße" }],
      ["", ["X-From: =?iso-8859-1?q?Gr=FC=DFe_an?= Sie"], "Hi", { name: "Grüße an Sie" }],
      ["", ["X-Room: =?utf-8?Q?caf=C3=A9?="], "Hi", { room: "café" }],
      ["", ["X-From: =?UTF-8?Q?a=0Ab?="], "Hi", [400, "invalid_field", /'from'/]],
    ];
    for (const method of ["POST", "PUT"]) {
      for (const [query, headers, body, expect] of cases) {
        const lines = [
          `${method} /api/users/1/notifications${query} HTTP/1.1`,
          ...[`Host: 127.0.0.1:${port}`, `Content-Length: ${body.length}`, ...headers],
        ];
        const answer = await rawRequest(port, lines, body);
        const { status } = answer;
        await user.assertGot({ status, json: JSON.parse(answer.body) }, expect, lines.join());
      }
    }
  });
}

Deno.test("headerText() decodes RFC 2047, also over the end of a word, and leaves all else as it is", () => {
  const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));
  const cases: [header: string, text: string][] = [
    ["plain", "plain"],
    [utf8("Grüße ☃"), "Grüße ☃"],
    ["Gr\xfc\xdfe", "Grüße"],
    ["=?UTF-8?B?4piD?=", "☃"],
    ["=?utf-8?b?4pi?= =?UTF-8?Q?=83?=", "☃"],
    ["=?utf-8?b?4?= =?utf-8?q?a?=", "=?utf-8?b?4?==?utf-8?q?a?="], // no base64
    ["=?utf-8?q?=E2=98?= \t=?UTF-8?Q?=83?= end", "☃ end"],
    ["=?utf-8?q?a?= =?iso-8859-1?q?=E4?=", "aä"],
    ["=?utf-8?q?a_b?= c =?utf-8?q?d?=", "a b c d"],
    ["=?utf-8*de?q?gr=C3=BCn?=", "grün"],
    ["=?nonsense?q?a?=", "=?nonsense?q?a?="],
    ["=?utf-8?q?=FF?=", "=?utf-8?q?=FF?="],
    ["=?utf-8?x?a?=", "=?utf-8?x?a?="],
    ["=? =?utf-8?q? ?=", "=? =?utf-8?q? ?="],
  ];
  for (const [header, text] of cases) assert.equal(headerText(header), text);
  const long = "=?utf-8?q?a?= ".repeat(2000);
  assert.equal(headerText(long).trim(), "a".repeat(2000));
});

Deno.test("mediaTypeOf() reads types and charsets in all their forms", () => {
  assert.deepEqual(mediaTypeOf(undefined), { kind: "unsaid" });
  assert.deepEqual(mediaTypeOf(""), { kind: "unsaid" });
  assert.deepEqual(mediaTypeOf('text/plain; format=flowed; Charset="ISO-8859-1"'), {
    kind: "text",
    charset: "iso-8859-1",
  });
  for (const type of ["+json", "a/+json", "application/xjson", "constructor", "json"]) {
    assert.deepEqual(mediaTypeOf(type), { kind: "other" }, type);
  }
});

interface Answer {
  readonly status: number;
  readonly json: Json;
}

async function send(
  { url }: Program,
  path: string,
  init: RequestInit,
  type: string | undefined,
): Promise<Answer> {
  const headers = type === undefined ? undefined : { "content-type": type };
  const response = await fetch(`${url}${path}`, { ...init, headers });
  return { status: response.status, json: await response.json() };
}

/** A user who gets the notifications. */
class Listening implements AsyncDisposable {
  readonly #client: TestClient;

  private constructor(client: TestClient) {
    this.#client = client;
  }

  static async as({ webSocketUrl }: Program, user: number): Promise<Listening> {
    const client = await TestClient.connectV2(webSocketUrl);
    await client.command("connect", { user_id: user });
    return new Listening(client);
  }

  async assertGot({ status, json }: Answer, expect: Case[2], what: string): Promise<void> {
    if (Array.isArray(expect)) {
      const [wanted, code, said] = expect;
      assert.deepEqual([status, json["code"]], [wanted, code], `${what}: ${json["message"]}`);
      return assert.match(String(json["message"]), said, what);
    }
    assert.equal(status, 201, `${what}: ${JSON.stringify(json)}`);
    const frames = this.#client.frames;
    const frame = await waitFor("it comes", () => frames.find(({ id }) => id === json["id"]));
    assert.partialDeepStrictEqual(frame, expect, what);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}
