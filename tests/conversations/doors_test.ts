/** The doors of conversations: version 2, HTTP as a user and as an application, and streams of events, all by one service. */
import assert from "node:assert/strict";
import {
  applicationOf,
  type Caller,
  type Json,
  listening,
  refusalOf,
  userOf,
} from "../support/chat.ts";
import { EventStream } from "../support/event_stream.ts";
import { upload } from "../support/picture.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import type { Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** What is refused before anything is done, and the field that is at fault. */
const REFUSED: readonly (readonly [frame: Frame, code: string, field: string, says: RegExp])[] = [
  [{ type: "conversation" }, "missing_field", "kind", /private or group/],
  [{ type: "conversation", kind: "channel" }, "invalid_field", "kind", /"channel".*private, group/],
  [{ type: "conversation", kind: "private" }, "missing_field", "members", /members/],
  [{ type: "conversation", kind: "group", members: [{}] }, "invalid_field", "members", /\{\}/],
  [{ type: "conversation", kind: "group", members: [""] }, "invalid_field", "members", /""/],
  [{ type: "conversation", conversation: "x" }, "invalid_field", "conversation", /"x"/],
  [{ type: "conversation", conversation: 0 }, "invalid_field", "conversation", /0.*from 1 on/],
  [{ type: "conversation", conversation: 1, pinned: "maybe" }, "invalid_field", "pinned", /maybe/],
  [
    { type: "conversation", conversation: 1, muted_until: "soon" },
    ...["invalid_field", "muted_until"] as const,
    /"soon".*a time from 1970/,
  ],
  [
    { type: "conversation", conversation: 1, roles: { 2: "king" } },
    ...["invalid_field", "roles"] as const,
    /"king".*owner, admin, member/,
  ],
  [{ type: "message", text: "Hi" }, "missing_field", "conversation", /or 'to'/],
  [{ type: "message", conversation: 1, to: 2, text: "Hi" }, "invalid_field", "to", /beside/],
  [{ type: "message", conversation: 1, text: 5 }, "invalid_field", "text", /5.*a string/],
  [{ type: "message", conversation: 1 }, "missing_field", "text", /text/],
  [{ type: "message", conversation: 1, text: " \n" }, "invalid_field", "text", /can be seen/],
  [{ type: "message", conversation: 1, text: "Hi", id: "x" }, "invalid_field", "id", /8 to 64/],
  [{ type: "messages", conversation: 1, before: 3, after: 1 }, "invalid_field", "after", /beside/],
  [{ type: "messages", conversation: 1, since: 41 }, "invalid_field", "since", /a position/],
  [{ type: "messages", conversation: 1, limit: 1001 }, "invalid_field", "limit", /1 to 1000/],
  [{ type: "edit", text: "Hi" }, "missing_field", "message", /message/],
  [{ type: "react", message: 1, emoji: "yes" }, "invalid_field", "emoji", /one emoji/],
  [{ type: "seen", conversation: 1, state: "heard" }, "invalid_field", "state", /read, delivered/],
  [{ type: "files" }, "missing_field", "conversation", /conversation/],
  [
    { type: "files", conversation: 1, kind: "text" },
    "invalid_field",
    "kind",
    /"text".*image, file/,
  ],
  [{ type: "files", conversation: 1, limit: 1001 }, "invalid_field", "limit", /1 to 1000/],
  [{ type: "files", conversation: 1, cursor: "x" }, "invalid_field", "cursor", /"x".*`next`/],
  [{ type: "files", conversation: 999 }, "not_found", "conversation", /999/],
  [{ type: "search" }, "missing_field", "q", /q/],
  [{ type: "search", q: "x", cursor: 5 }, "invalid_field", "cursor", /a string/],
  [{ type: "members", conversation: 1, cursor: "%00" }, "invalid_field", "cursor", /next/],
  [{ type: "messages", conversation: 999 }, "not_found", "conversation", /999/],
  [{ type: "unsend", message: 999 }, "not_found", "message", /999/],
];

for (const [listener, database] of [["deno", "SQLite"], ["node", "PostgreSQL"]] as const) {
  Deno.test(`conversations are the same by every door (${listener}, ${database})`, async () => {
    await using postgres = database === "SQLite" ? undefined : await PostgresServer.start();
    const env = { APP_KEY, APP_LISTENER: listener, APP_RATE_CHAT: "off", ...postgres?.env };
    await using program = await Program.start({ env });
    await converse(program);
    await actAsApplication(program);
  });
}

/** What users do by version 2 and over HTTP, each with the other's eyes. */
async function converse(program: Program): Promise<void> {
  const alice = await userOf(program, 1, { name: "Alice" });
  const bob = await userOf(program, 2, { name: "Bob" });
  const carol = await userOf(program, 3, { name: "Carol" });
  await using hers = await listening(alice);
  await using his = await listening(bob);
  await using phone = await listening(bob);

  // What one makes over HTTP, the other is told of by version 2, and both read the same.
  const wanted = { kind: "group", name: "Team", members: [2, "3"], data: { color: "red" } };
  const made = await alice.call("POST", "/conversations", { ...wanted, id: "group-0001" });
  const again = await alice.call("POST", "/conversations", { ...wanted, id: "group-0001" });
  const header = { "idempotency-key": "group-0001" };
  const third = await alice.call("POST", "/conversations", wanted, header);
  assert.deepEqual([made.status, again.status, third.status], [201, 200, 200]);
  assert.equal(third.json["id"], made.json["id"]);
  const id = Number(made.json["id"]);
  const [created] = await his.get("conversation_changed");
  assert.deepEqual([created?.["conversation"], created?.["change"]], [id, "created"]);
  const read = await his.command("conversation", { conversation: id });
  assert.deepEqual(read["conversation"], await bob.done("GET", `/conversations/${id}`));
  const { unread, ...list } = await his.command("conversations");
  const { synced: _, ...same } = list;
  const { synced, unread: total, ...shown } = await bob.done("GET", "/conversations");
  assert.deepEqual([shown, total], [same, unread]);

  // A text as it is, an id in a header, and the message that all get.
  const path = `/conversations/${id}/messages`;
  const key = { "content-type": "text/plain", "idempotency-key": "own-id-0001" };
  const sent = await alice.call("POST", path, "Hello there, Bob", key);
  const twice = await alice.call("POST", path, "Hello there, Bob", key);
  assert.deepEqual([sent.status, twice.status, twice.json], [201, 200, sent.json]);
  const message = Number(sent.json["id"]);
  for (const client of [hers, his, phone]) {
    const frames = await waitFor("the message", () => {
      const found = client.ofType("new_message").filter((each) => isOf(each, message));
      return found.length > 0 && found;
    });
    const { status, ...rest } = sent.json;
    assert.deepEqual([frames[0]?.["message"], status, frames.length], [rest, "sent", 1]);
  }

  // Read on one device is read on all, and its sender has the tick.
  const seen = await bob.done("POST", `/conversations/${id}/read`, { message });
  assert.deepEqual(seen, {
    ...{ conversation: id, read: sent.json["offset"], delivered: sent.json["offset"] },
    ...{ unread: 0, mentions: 0 },
  });
  await waitFor(
    "it is read on the phone",
    () =>
      phone.ofType("conversation_changed").some((each) =>
        each["change"] === "own" && (each["data"] as Json)["read"] === seen["read"]
      ),
  );
  const [receipt] = await hers.get("receipt");
  assert.deepEqual(receipt?.["receipts"], [
    { user_id: 2, read: seen["read"], delivered: seen["read"] },
  ]);
  const receipts = await hers.command("receipts", { message });
  assert.deepEqual(receipts, await alice.done("GET", `/messages/${message}/receipts`));
  assert.deepEqual(receipts["read"], [{ user_id: 2, name: "Bob" }]);

  // Changes of a message, by either door.
  await his.command("typing", { conversation: id });
  const [typing] = await hers.get("typing");
  assert.deepEqual(typing, {
    ...{ type: "typing", conversation: id, user_id: 2, name: "Bob", typing: true },
  });
  const edited = await alice.done("PATCH", `/messages/${message}`, { text: "Hello, Bob" });
  assert.deepEqual(edited, await alice.done("GET", `/messages/${message}`), "with its status, too");
  await bob.done("PUT", `/messages/${message}/reactions/${encodeURIComponent("👍")}`);
  await his.command("react", { message, emoji: "🎉" });
  await his.command("react", { message, emoji: "🎉", on: false });
  const answer = await his.command("message", {
    conversation: id,
    text: "Hi!",
    reply_to: message,
  });
  const reply = answer["message"] as Json;
  assert.equal((reply["reply_to"] as Json)["text"], "Hello, Bob");
  assert.equal((await bob.call("DELETE", `/messages/${reply["id"]}`)).json["deleted"], true);
  assert.equal((await bob.call("DELETE", `/messages/${reply["id"]}`)).status, 200);
  await waitFor("all changes", () => hers.ofType("message_changed").length >= 5);
  const changes = hers.ofType("message_changed").map(({ change }) => change);
  assert.deepEqual(changes, ["edited", "reacted", "reacted", "reacted", "deleted"]);
  const offsets = [...hers.ofType("new_message"), ...hers.ofType("message_changed")]
    .map(({ offset }) => Number(offset)).sort((one, other) => one - other);
  assert.deepEqual(offsets, Array.from(offsets, (_, index) => index + 1), "none is missing");

  // Pages: the newest, before, after, around, and what was missed.
  const pages: [query: string, frame: Frame][] = [
    ["", {}],
    ["?limit=1", { limit: 1 }],
    [`?before=${reply["offset"]}&limit=1`, { before: reply["offset"], limit: 1 }],
    ["?after=1", { after: 1 }],
    [`?around=${message}&limit=3`, { around: message, limit: 3 }],
  ];
  for (const [query, frame] of pages) {
    const page = await bob.done("GET", path + query);
    assert.deepEqual(page, await his.command("messages", { conversation: id, ...frame }), query);
    assert.ok((page["messages"] as Json[]).length > 0, query);
  }
  const { epoch } = await his.command("messages", { conversation: id });
  const missed = await bob.done("GET", `${path}?since=${sent.json["offset"]}&epoch=${epoch}`);
  assert.deepEqual(
    [missed["recovered"], (missed["messages"] as Json[]).map((each) => each["id"])],
    [true, [message, reply["id"]]],
  );
  const found = await bob.done("GET", "/search?q=hello%20bob");
  assert.deepEqual(found, await his.command("search", { q: "hello bob" }));
  assert.deepEqual((found["messages"] as Json[]).map((each) => each["id"]), [message]);

  // Files, each with the message that has it.
  const sender = alice.bearer;
  const picture = await upload(program.url, sender);
  const plan = await upload(program.url, sender, { name: "plan.txt", bytes: "Our plan" });
  for (const [kind, file] of [["image", picture], ["file", plan], ["image", picture]]) {
    await alice.done("POST", path, { kind, file, text: `my ${kind}` });
  }
  const filesPath = `/conversations/${id}/files`;
  const lists: [query: string, frame: Frame, names: string[]][] = [
    ["", {}, ["cat.png", "plan.txt", "cat.png"]],
    ["?kind=image&limit=1", { kind: "image", limit: 1 }, ["cat.png"]],
    ["?kind=file", { kind: "file" }, ["plan.txt"]],
  ];
  for (const [query, frame, names] of lists) {
    const list = await bob.done("GET", filesPath + query);
    assert.deepEqual(list, await his.command("files", { conversation: id, ...frame }), query);
    assert.deepEqual((list["files"] as Json[]).map(({ name }) => name), names);
    assert.deepEqual(list["counts"], { image: 2, file: 1 });
  }
  const newest = await his.command("files", { conversation: id, limit: 1 });
  const older = await bob.done("GET", `${filesPath}?cursor=${newest["next"]}`);
  assert.deepEqual((older["files"] as Json[]).map(({ name }) => name), ["plan.txt", "cat.png"]);
  assert.deepEqual([older["next"], older["counts"]], [undefined, undefined]);
  const [entry] = newest["files"] as Json[];
  const { file, status: _own, ...holder } = await bob.done(
    ...["GET", `/messages/${(entry?.["message"] as Json)["id"]}`] as const,
  );
  assert.deepEqual(entry, { ...file as Json, message: holder });

  // Members, roles and one's own settings.
  await alice.done("PATCH", `/conversations/${id}/members/2`, { role: "admin" });
  const nobody = await bob.call("POST", `/conversations/${id}/members`, { user_ids: [4] });
  assert.deepEqual([nobody.json["code"], nobody.json["field"]], ["missing_field", "members"]);
  await bob.done("POST", `/conversations/${id}/members`, { members: [4, "guest-5/é"] });
  const first = await carol.done("GET", `/conversations/${id}/members?limit=2`);
  const rest = await carol.done(
    ...["GET", `/conversations/${id}/members?limit=9&cursor=${first["next"]}`] as const,
  );
  const members = [...first["members"] as Json[], ...rest["members"] as Json[]];
  assert.deepEqual(
    members.map(({ user_id, role }) => [user_id, role]).sort(),
    [[1, "owner"], [2, "admin"], [3, "member"], [4, "member"], ["guest-5/é", "member"]],
  );
  const other = encodeURIComponent("guest-5/é");
  assert.equal((await bob.call("DELETE", `/conversations/${id}/members/${other}`)).status, 204);
  const muted = await carol.done("PATCH", `/conversations/${id}`, {
    ...{ muted_until: "2100-01-01T00:00:00Z", pinned: true },
  });
  assert.deepEqual([muted["muted_until"], muted["pinned"]], [4102444800, true]);
  const refused = await carol.call("PATCH", `/conversations/${id}`, { name: "Mine" });
  assert.deepEqual([refused.status, refused.json["code"]], [403, "forbidden"]);
  assert.equal((await carol.call("DELETE", `/conversations/${id}`)).status, 204);
  assert.equal((await carol.call("DELETE", `/conversations/${id}`)).status, 204, "once more");
  const gone = await carol.call("GET", `/conversations/${id}`);
  const never = await carol.call("GET", "/conversations/99999");
  assert.deepEqual([gone.status, never.status], [404, 404]);
  assert.equal(
    String(gone.json["message"]).replace(String(id), "99999"),
    never.json["message"],
    "nobody can tell one that there is",
  );
  const since = await carol.done("GET", `/conversations?since=${synced}`);
  assert.deepEqual([since["conversations"], since["removed"]], [[], [id]]);

  // What is wrong is named, with its value and what is allowed.
  for (const [frame, code, field, says] of REFUSED) {
    const told = await refusalOf(
      hers,
      frame.conversation === 1 ? { ...frame, conversation: id } : frame,
    );
    assert.deepEqual([told["code"], told["field"]], [code, field], JSON.stringify([frame, told]));
    assert.match(String(told["error"]), says);
  }
  for (const type of ["new_message", "message_changed", "receipt", "conversation_changed"]) {
    assert.equal((await refusalOf(hers, { type }))["code"], "forbidden_type");
  }
}

/** Applications act as users or as themselves, each in its own site. */
async function actAsApplication(program: Program): Promise<void> {
  const app = await applicationOf(program, ["chat:read", "chat:write"]);
  const unnamed = await app.call("GET", "/conversations/1?user_id=");
  assert.deepEqual([unnamed.status, unnamed.json["field"]], [400, "user_id"]);
  const reader = await applicationOf(program, ["chat:read"]);
  const sends = await applicationOf(program, ["chat:write", "files:write"]);
  const acme = await applicationOf(program, ["chat:read", "chat:write"], "acme");
  const bob = await userOf(program, 2, { name: "Bob" });
  const stranger = await userOf(program, 2, { site_id: "acme" });
  await using client = await listening(bob);

  const pair = await app.done("POST", "/conversations", { kind: "private", members: [1, 2] });
  const path = `/conversations/${pair["id"]}`;
  const asUser = await app.done("POST", `${path}/messages`, { user_id: 1, text: "As Alice" });
  const direct = await app.done("POST", "/messages", { user_id: 1, to: 2, text: "To Bob" });
  const asApp = await app.done("POST", `${path}/messages`, { text: "Closed", from: "Shop" });
  assert.deepEqual([asUser["user_id"], direct["conversation"]], [1, pair["id"]]);
  assert.deepEqual([asApp["user_id"], asApp["name"]], [undefined, "Shop"]);
  await client.get("new_message", 3);
  const read = await reader.done("GET", `${path}/messages?user_id=2`);
  assert.deepEqual(
    (read["messages"] as Json[]).map(({ text }) => text),
    ["As Alice", "To Bob", "Closed"],
  );
  const whole = await reader.done("GET", `${path}/messages`);
  assert.equal((whole["messages"] as Json[]).length, 3, "the application reads all of its site");

  const invoice = await upload(program.url, sends.bearer, { name: "a.txt", bytes: "42" });
  await app.done("POST", `${path}/messages`, { kind: "file", file: invoice });
  for (const query of ["", "?user_id=2"]) {
    const list = await reader.done("GET", `${path}/files${query}`);
    assert.deepEqual((list["files"] as Json[]).map((each) => each["id"]), [invoice], query);
  }

  const refusals: [Caller, string, string, unknown, number, string][] = [
    [reader, "POST", `${path}/messages`, { text: "Hi" }, 403, "forbidden"],
    [app, "GET", `${path}/messages?user_id=7`, undefined, 404, "not_found"],
    [app, "GET", "/conversations", undefined, 400, "missing_field"],
    [app, "POST", `${path}/messages`, { text: "Hi", site: "acme" }, 403, "forbidden"],
    [app, "POST", `${path}/messages?user_id=1`, { text: "Hi", user_id: 2 }, 400, "invalid_field"],
    [acme, "GET", path, undefined, 404, "not_found"],
    [acme, "GET", `${path}/files`, undefined, 404, "not_found"],
    [stranger, "GET", `${path}/files`, undefined, 404, "not_found"],
    [app, "GET", `${path}/files?user_id=7`, undefined, 404, "not_found"],
    [sends, "GET", `${path}/files`, undefined, 403, "forbidden"],
    [acme, "PATCH", `/messages/${asUser["id"]}`, { text: "x" }, 404, "not_found"],
    [stranger, "GET", path, undefined, 404, "not_found"],
    [stranger, "GET", `/messages/${asUser["id"]}`, undefined, 404, "not_found"],
    [bob, "DELETE", `${path}?end=true`, undefined, 403, "forbidden"],
    [bob, "GET", "/conversations/x", undefined, 404, "not_found"],
    [bob, "GET", `${path}/messages?since=1`, undefined, 400, "missing_field"],
  ];
  for (const [caller, method, at, body, status, code] of refusals) {
    const { json, ...answer } = await caller.call(method, at, body);
    assert.deepEqual([answer.status, json["code"]], [status, code], `${method} ${at}`);
  }
  assert.deepEqual((await stranger.done("GET", "/conversations"))["conversations"], []);

  const group = await app.done("POST", "/conversations", {
    ...{ kind: "group", name: "Order 5", members: [1, 2] },
  });
  assert.equal((await app.call("DELETE", `/conversations/${group["id"]}`)).status, 204);
  assert.equal((await bob.call("GET", `/conversations/${group["id"]}`)).status, 404);
}

Deno.test("a stream has what happens in conversations, and what has changed while it was away", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const [alice, bob] = [await userOf(program, 1, { name: "Alice" }), await userOf(program, 2)];
  const send = (text: string) => alice.done("POST", "/messages", { to: 2, text });
  await send("before");
  const address = `${program.url}/sse?conversations=1`;
  const headers = { authorization: `Bearer ${bob.bearer}` };
  let lastEventId: string;
  {
    await using stream = await EventStream.open(address, "", headers);
    const [first] = await stream.get("conversations");
    assert.deepEqual(textsOf(first), ["before"]);
    const sent = await send("live");
    const [live] = await stream.get("new_message");
    assert.deepEqual((live?.["message"] as Json)["id"], sent["id"]);
    lastEventId = stream.lastEventId;
  }
  const { id } = await alice.done("POST", "/conversations", { kind: "group", members: [3] });
  await alice.done("POST", `/conversations/${id}/messages`, { text: "not Bob's" });
  await send("missed");
  await using stream = await EventStream.open(address, lastEventId, headers);
  const [changed] = await stream.get("conversations");
  assert.deepEqual([textsOf(changed), changed?.["removed"]], [["missed"], []]);
  await send("again live");
  const [live] = await stream.get("new_message");
  assert.equal((live?.["message"] as Json)["text"], "again live");
  await alice.done("POST", "/messages", { to: 3, text: "not Bob's either" });
  await send("the last");
  await stream.get("new_message", 2);
  assert.deepEqual(
    stream.ofType("new_message").map(({ message }) => (message as Json)["text"]),
    ["again live", "the last"],
  );
});

Deno.test("a page is as long as a client may have waiting, however long its messages are", async () => {
  await using program = await Program.start({
    env: { APP_KEY, APP_RATE_CHAT: "off", APP_RATE_MESSAGES: "off", APP_RATE_MESSAGES_USER: "off" },
  });
  const alice = await userOf(program, 1);
  await using client = await listening(alice);
  const text = "ü".repeat(5000);
  const sent: Promise<Frame>[] = [];
  for (let count = 0; count < 90; count++) {
    sent.push(client.command("message", { to: 2, text, data: count }));
  }
  const answers = await Promise.all(sent);
  const { conversation } = answers[0]?.["message"] as Json;
  assert.deepEqual(
    await pages(client, conversation),
    Array.from({ length: 90 }, (_, each) => each),
  );
  const page = await alice.done("GET", `/conversations/${conversation}/messages?limit=90`);
  assert.ok(JSON.stringify(page).length <= 250_000 && page["has_before"] === true);
  const found = await client.command("search", { q: text.slice(0, 30), limit: 90 });
  assert.ok(JSON.stringify(found).length <= 250_000);
});

/** The data of all messages, read page by page from the end. */
async function pages(client: TestClient, conversation: unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  let before: unknown;
  for (;;) {
    const page = await client.command("messages", { conversation, limit: 90, before });
    assert.ok(JSON.stringify(page).length <= 250_000);
    const messages = page["messages"] as Json[];
    all.unshift(...messages.map(({ data }) => data));
    before = messages[0]?.["offset"];
    if (page["has_before"] !== true) return all;
  }
}

function textsOf(frame: Frame | undefined): unknown[] {
  return (frame?.["conversations"] as Json[]).map((each) => (each["last_message"] as Json)["text"]);
}

function isOf({ message }: Frame, id: number): boolean {
  return (message as Json)["id"] === id;
}
