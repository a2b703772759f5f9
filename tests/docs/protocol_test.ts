/** Executes every example of `docs/protocol.md`, and checks its tables against the code. */
import assert from "node:assert/strict";
import { mayReconnect } from "../../lib/base/close_codes.ts";
import { DISCONNECTS, ERRORS } from "../../lib/base/errors.ts";
import { matches } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/protocol.md`);

/** What must have happened before an example, other than by its own client. */
const SCENES: Readonly<
  Record<string, (program: Program, client: TestClient) => Promise<string | void>>
> = {
  async "join and leave"(program, client) {
    client.send({ type: "keepalive", user_id: 123, room: "lobby", name: "Alice" });
    client.send({ type: "presence", room: "lobby" });
    await client.get("presence");
    const bob = await TestClient.join(program.webSocketUrl, {
      user: 7,
      room: "lobby",
      name: "Bob",
    });
    await bob.close();
  },
  async direct_message(program, client) {
    client.send({ type: "keepalive", user_id: 123, room: "/user/123", name: "Alice" });
    await client.settled();
    const response = await fetch(`${program.url}/api/users/123/notifications?from=OrderSystem`, {
      method: "POST",
      body: "Order shipped!",
    });
    assert.equal((await response.json()).online, true);
  },
  "version 2, connect with a position": (program) => twoNotifications(program),
  async "version 2, more than one answer"(program) {
    for (let index = 0; index < 200; index++) await notify(program, "Another");
    await notify(program, "The last");
    return await inboxEpoch(program);
  },
  async "version 2, ack, read, archive, delete"(program, client) {
    await twoNotifications(program);
    await connectAlice(program, client);
  },
  async "version 2, inbox"(program, client) {
    await twoNotifications(program);
    await connectAlice(program, client);
    await waitFor("both are sent", async () => {
      const { notifications } = await client.command("inbox");
      return (notifications as Frame[]).every(({ state }) => state === "sent");
    });
  },
  async "version 2, one that was changed"(program, client) {
    await connectAlice(program, client);
    await notify(program, "Packing", { "idempotency-key": "order-12345", "x-progress": "10" });
    const response = await fetch(`${program.url}/api/notifications/order-12345`, {
      method: "PATCH",
      body: '{"message":"On its way","progress":60}',
    });
    assert.equal(response.status, 200, await response.text());
  },
  async "version 2, putting one off"(program, client) {
    await twoNotifications(program);
    await connectAlice(program, client);
  },
  async "version 2, the archive"(program, client) {
    await twoNotifications(program);
    await connectAlice(program, client);
  },
  async "version 2, groups"(program, client) {
    await twoNotifications(program, { "x-group": "orders" });
    await connectAlice(program, client);
  },
  async "version 2, act"(program, client) {
    await twoNotifications(program, { actions: "reply, Answer" });
    await connectAlice(program, client);
  },
  "version 2, subscribe": connectAlice,
  async "version 2, recovery"(program, client) {
    await connectAlice(program, client);
    return await threeMessages(program);
  },
  "version 2, event": connectAlice,
  async "version 2, an event of another"(program, client) {
    await connectAlice(program, client);
    await client.command("subscribe", { room: "lobby" });
    await using bob = await TestClient.connectV2(program.webSocketUrl);
    await bob.command("connect", { user_id: 7, name: "Bob" });
    await bob.command("subscribe", { room: "lobby" });
    await bob.command("event", { room: "lobby", event: "typing", data: { seconds: 5 } });
  },
  async "version 2, history and presence"(program, client) {
    await connectAlice(program, client);
    await threeMessages(program);
  },
};

async function connectAlice(_program: Program, client: TestClient): Promise<void> {
  await client.command("connect", { user_id: 123, name: "Alice" });
}

/** Sends user 123 two notifications; resolves with the inbox's epoch. */
async function twoNotifications(
  program: Program,
  headers: Record<string, string> = {},
): Promise<string> {
  for (const [message, id] of [["First", "order-12345"], ["Second", "order-12346"]] as const) {
    await notify(program, message, { "idempotency-key": id, ...headers });
  }
  return await inboxEpoch(program);
}

async function notify(
  { url }: Program,
  message: string,
  headers: Record<string, string> = {},
): Promise<void> {
  const response = await fetch(`${url}/api/users/123/notifications?from=Shop`, {
    method: "POST",
    headers,
    body: message,
  });
  assert.equal(response.status, 201, await response.text());
}

async function inboxEpoch(program: Program): Promise<string> {
  await using other = await TestClient.connectV2(program.webSocketUrl);
  const { inbox } = await other.command("connect", { user_id: 123 });
  return String((inbox as Frame)["epoch"]);
}

/** Bob says three things in the lobby; resolves with the room's epoch. */
async function threeMessages(program: Program): Promise<string> {
  await using bob = await TestClient.connectV2(program.webSocketUrl);
  await bob.command("connect", { user_id: 7, name: "Bob" });
  let epoch: unknown;
  for (const message of ["one", "two", "three"]) {
    epoch = (await bob.command("publish", { room: "lobby", message }))["epoch"];
  }
  return String(epoch);
}

const examples = [...PAGE.matchAll(/<!-- example( v2)?: (.+) -->\s+```json\n([^`]+)```/g)]
  .map(([, v2, name = "", lines = ""]) => ({
    name: v2 ? `version 2, ${name}` : name,
    isV2: v2 !== undefined,
    lines: lines.trim().split("\n"),
  }));

Deno.test("docs/protocol.md: every JSON block is an example that is executed", () => {
  const elsewhere = PAGE.match(/<!-- example chat: /g)?.length ?? 0; // by conversations_test.ts
  assert.equal(examples.length + elsewhere, PAGE.match(/```json/g)?.length);
  assert.ok(examples.length > 8);
});

for (const listener of ["deno", "node"]) {
  for (const { name, isV2, lines } of examples) {
    Deno.test(`docs/protocol.md on the ${listener} listener: ${name}`, async () => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      await using client = isV2
        ? await TestClient.connectV2(program.webSocketUrl)
        : await TestClient.connect(program.webSocketUrl);
      const epoch = await SCENES[name]?.(program, client) ?? "";
      for (const line of lines) {
        if (line.startsWith("> ")) client.sendRaw(line.slice(2).replace("EPOCH", epoch));
      }
      const expected = lines.filter((line) => line.startsWith("< ")).map((line) => line.slice(2));
      await client.settled();
      await waitFor(
        `the answers ${expected} (got ${JSON.stringify(client.frames)})`,
        () => expected.every((text) => client.frames.some((frame) => matches(frame, text))),
      );
    });
  }
}

Deno.test("docs/protocol.md: the error codes are those of the code", () => {
  const rows = Object.entries(ERRORS).map((
    [code, { meaning, status, temporary }],
  ) => [`\`${code}\``, meaning, String(status), temporary ? "yes" : "no"]);
  assert.deepEqual(table("error codes"), rows);
});

Deno.test("docs/protocol.md: the disconnect codes are those of the code", () => {
  const rows = Object.values(DISCONNECTS).map((
    { code, reason },
  ) => [String(code), reason, mayReconnect(code) ? "yes" : "no"]);
  assert.deepEqual(table("disconnect codes"), rows);
});

/** The types of frames that only the server sends, by the version of the protocol. */
const SERVER_TYPES = {
  "version 1": ["direct_message", "error", "join", "left", "pong"],
  "version 2": [
    ...["direct_message", "error", "join", "leave", "left", "pong", "position"],
    ...["reply", "session", "usermsg", "new_message", "message_changed", "receipt"],
    ...["conversation_changed", "user_presence"],
  ],
};

for (const [version, types] of Object.entries(SERVER_TYPES)) {
  const lines = examples.filter(({ isV2 }) => isV2 === (version === "version 2"))
    .flatMap((each) => each.lines);

  Deno.test(`docs/protocol.md: what only the server sends is known, ${version}`, () => {
    const typesOf = (mark: string) =>
      lines.filter((line) => line.startsWith(mark))
        .flatMap((line) => [...line.matchAll(/"type":"(\w+)"/g)].map(([, type = ""]) => type));
    const sent = new Set(typesOf("< ")).difference(new Set(typesOf("> ")));
    assert.deepEqual([...sent].filter((type) => !types.includes(type)), []);
  });

  Deno.test(`docs/protocol.md: a client that sends it is told so, ${version}`, async () => {
    await using program = await Program.start();
    const { webSocketUrl: url } = program;
    await using client = version === "version 2"
      ? await TestClient.connectV2(url)
      : await TestClient.connect(url);
    for (const type of types) client.send({ type });
    const errors = await client.get("error", types.length);
    assert.deepEqual(
      errors.map(({ code, message }) => [code, message]),
      types.map((
        type,
      ) => ["forbidden_type", `Field 'type' is "${type}", which only the server sends`]),
    );
  });
}

/** The cells of the table below a mark. */
function table(name: string): string[][] {
  const lines = PAGE.split(`<!-- table: ${name} -->`)[1]?.trim().split("\n") ?? [];
  const rows = lines.slice(2, lines.findIndex((line) => !line.startsWith("|")));
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}
