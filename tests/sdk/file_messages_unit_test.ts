/** Messages with files in the client library, step by step, against a server that is the test. */
import assert from "node:assert/strict";
import type { ConnectOptions, OpenConversation } from "../../lib/sdk/mod.ts";
import { start, type World } from "../support/client_world.ts";
import { FakeFiles, someBytes } from "../support/fake_files.ts";
import type { Frame } from "../support/fake_network.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1 << 20;

Deno.test("a message with a file is there at once, with its progress, and keeps its place", async () => {
  const files = new FakeFiles();
  using world = opened(files);
  const { conversation, clock } = world;
  files.onCall = () => clock.pass(200);
  const blob = new File([someBytes(3 * MIB)], "cat.png", { type: "image/png" });
  const seen = new Set<number>();
  conversation.on("messages", ([message]) => void seen.add(message?.progress?.sent ?? -1));
  const sent = conversation.send({ file: blob, text: "Look!", id: "with-a-file" });
  const after = conversation.send("And?");
  const [message] = conversation.messages;
  assert.deepEqual([message?.status, message?.kind, message?.text], ["pending", "image", "Look!"]);
  assert.equal(message?.file?.blob, blob);
  assert.deepEqual({ ...message?.file, blob: undefined }, {
    ...{ id: "", name: "cat.png", type: "image/png", bytes: 3 * MIB, blob: undefined },
  });
  assert.deepEqual(message?.progress, { sent: 0, bytes: 3 * MIB });
  await waitFor("it is sent", () => world.socket.ofType("message").length > 0);
  assert.ok(seen.size > 2, "it gets on");
  const command = { type: "message", conversation: 1, text: "Look!", kind: "image" };
  assert.deepEqual(world.socket.ofType("message"), [
    { ...command, file: "file-1", id: "with-a-file" },
  ]);
  const [uploaded] = conversation.messages;
  assert.deepEqual([uploaded?.progress, uploaded?.file?.blob], [undefined, undefined]);
  assert.match(world.client.fileUrl(uploaded?.file ?? ""), /^http:\/\/one.test\/files\/file-1\?/);
  const file = { id: "file-1", name: "cat.png", type: "image/png", bytes: 3 * MIB };
  const url = "/files/file-1?signature=s.1";
  world.socket.reply("message", { message: mine(1, "with-a-file", { file: { ...file, url } }) });
  const stored = await sent;
  assert.equal(stored.file?.name, "cat.png");
  assert.equal(world.client.fileUrl(stored.file ?? ""), `http://one.test${url}`);
  assert.equal(world.socket.ofType("message")[1]?.text, "And?", "it waited for the one before");
  void after;
});

Deno.test("a file that was uploaded, or its id, is sent as it is", () => {
  using world = opened(new FakeFiles());
  void world.conversation.send({ file: "file-9", id: "by-its-id" });
  const { file, kind } = world.conversation.messages[0] ?? assert.fail();
  assert.deepEqual([file, kind], [{ id: "file-9" }, "file"]);
  const known = { id: "file-8", name: "a.png", type: "image/png" };
  void world.conversation.send({ file: known, id: "by-what-it-is" });
  assert.deepEqual(world.conversation.messages[1]?.file, known);
  assert.equal(world.conversation.messages[1]?.kind, "image");
  assert.equal(world.socket.ofType("message")[0]?.file, "file-9");
});

Deno.test("a file that is refused fails its message, and retry() goes on with what is there", async () => {
  const files = new FakeFiles();
  using world = opened(files);
  const { conversation } = world;
  files.faults = ["works", "works", { status: 413, code: "too_large" }];
  const sent = conversation.send({ file: new Blob([someBytes(4 * MIB)]) });
  const after = conversation.send("Nobody holds me up");
  after.catch(() => {});
  await assert.rejects(sent, { code: "too_large" });
  assert.equal(conversation.messages[0]?.status, "failed");
  assert.ok(conversation.messages[0]?.file?.blob);
  assert.equal(world.socket.ofType("message")[0]?.text, "Nobody holds me up");
  world.socket.refuse("message", "forbidden");
  void conversation.retry(conversation.messages[0]);
  await waitFor("it is sent", () => world.socket.ofType("message").length > 1);
  assert.equal(files.file.bytes.length, 4 * MIB);
});

Deno.test("discard() ends the upload of a message, and the server keeps nothing", async () => {
  const files = new FakeFiles();
  using world = opened(files);
  const { conversation } = world;
  files.faults = ["works", "works", "hangs"];
  const sent = conversation.send({ file: new Blob([someBytes(4 * MIB)]) });
  const after = conversation.send("After it");
  after.catch(() => {});
  await waitFor("it is on its way", () => files.calls.length === 3);
  conversation.discard(conversation.messages[0] ?? assert.fail());
  await assert.rejects(sent, { code: "ended" });
  await waitFor("nothing is left", () => files.all.length === 0);
  assert.equal(conversation.messages.length, 1);
  await waitFor("the next is sent", () => world.socket.ofType("message")[0]?.text === "After it");
});

Deno.test("a file waits for a connection, and after a reload its message says that it is lost", async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const files = new FakeFiles();
  {
    using world = opened(files, { storage });
    world.socket.drop(1006);
    const file = new File([someBytes(10)], "cat.png", { type: "image/png" });
    world.conversation.send({ file, text: "Look!", id: "with-a-file" }).catch(() => {});
    world.conversation.send({ text: "Without", id: "without-any" }).catch(() => {});
    assert.deepEqual(world.conversation.messages.map(({ status }) => status), [
      ...["pending", "pending"],
    ]);
    assert.deepEqual(files.calls, []);
  }
  using world = opened(files, { storage });
  const { conversation } = world;
  await waitFor("it is there", () => conversation.messages.length === 2);
  const lost = conversation.messages.find(({ text }) => text === "Look!") ?? assert.fail();
  assert.deepEqual([lost.status, lost.error?.code, lost.kind], ["failed", "file_lost", "image"]);
  assert.match(lost.error?.message ?? "", /'cat.png'.*choose it again/);
  assert.equal(lost.file?.name, "cat.png");
  await assert.rejects(conversation.retry(lost), { code: "file_lost" });
  conversation.discard(conversation.messages.find(({ text }) => text === "Look!") ?? assert.fail());
  assert.deepEqual(conversation.messages.map(({ text }) => text), ["Without"]);
  assert.deepEqual(files.calls, []);
});

Deno.test("an upload waits while the client is stopped, and goes on when it is back", async () => {
  const files = new FakeFiles();
  using world = opened(files);
  const { conversation } = world;
  files.faults = ["works", "works", "hangs"];
  conversation.send({ file: new Blob([someBytes(4 * MIB)]) }).catch(() => {});
  await waitFor("it is on its way", () => files.calls.length === 3);
  world.socket.drop(3501);
  assert.equal(world.client.state.kind, "stopped");
  assert.equal(conversation.messages[0]?.status, "pending");
  world.client.reconnect();
  await waitFor("it connects", () => world.sockets.length === 2);
  world.online({ user_id: 123, site_id: "default" });
  await waitFor("it is sent", () => world.socket.ofType("message").length > 0);
  assert.equal(files.file.bytes.length, 4 * MIB);
});

/** A world whose client has opened conversation 1. */
function opened(
  files: FakeFiles,
  options: Partial<ConnectOptions> = {},
): World & { readonly conversation: OpenConversation } {
  const world = start({ ...options, environment: { fetch: files.fetch } });
  const conversation = world.client.conversation(1);
  world.online({ user_id: 123, site_id: "default" });
  const unread = { conversations: 0, messages: 0, mentions: 0 };
  world.socket.reply("conversations", { conversations: [INFO], unread, synced: "1" });
  world.socket.reply("conversation", { conversation: { ...INFO, members: [] } });
  world.socket.reply("messages", {
    ...{ messages: [], has_before: false, has_after: false, offset: 0, epoch: "c1" },
  });
  return Object.assign(world, { conversation });
}

const INFO: Frame = {
  ...{ id: 1, kind: "group", name: "Group", history: "all", members_count: 3, offset: 0 },
  ...{ epoch: "c1", created_at: 0, role: "owner", unread: 0, mentions: 0, read: 0, delivered: 0 },
};

function mine(offset: number, ownId: string, more: Frame): Frame {
  return {
    ...{ id: 500, conversation: 1, offset, changed: offset, kind: "image", user_id: 123 },
    ...{ name: "Alice", text: "Look!", created_at: 1, own_id: ownId, status: "sent", ...more },
  };
}
