/** Uploads of the client library, step by step, against a server of files that is the test. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConnectOptions, UploadProgress } from "../../lib/sdk/mod.ts";
import { inboxData, start, type World } from "../support/client_world.ts";
import { BUCKET, FakeFiles, type Fault, sha256, someBytes } from "../support/fake_files.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1 << 20;
const WHO = { user_id: 123, site_id: "default" };

const byte = fc.integer({ min: 0, max: 4 * MIB });
const fault = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fault>("works") },
  { weight: 4, arbitrary: byte.map((cutAt): Fault => ({ cutAt })) },
  fc.constantFrom<Fault>("lost", "unanswered", "hangs", { status: 502 }, { status: 413 }),
  fc.constantFrom<Fault>({ status: 503, code: "unavailable" }, {
    ...{ status: 429, code: "rate_limited", retryAfter: 7 },
  }),
);

Deno.test("an upload that is cut anywhere arrives as it was given, once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(0, 1, MIB, MIB + 1), fc.integer({ min: 0, max: 3 * MIB })),
      fc.array(fault, { maxLength: 12 }),
      fc.constantFrom("blob", "bytes", "stream", "stream of unknown length"),
      fc.constantFrom(undefined, MIB),
      async (length, faults, kind, direct) => {
        // A stream of which nobody knows the length goes up in one request, unless it is short.
        if (kind === "stream of unknown length" && length > MIB) faults = [];
        const files = new FakeFiles();
        files.faults = [...faults];
        files.direct = direct;
        using world = online(files);
        const timers = world.clock.size;
        const bytes = someBytes(length);
        const given = kind === "blob"
          ? new Blob([bytes])
          : kind === "bytes"
          ? bytes
          : streamOf(bytes);
        const told: UploadProgress[] = [];
        const file = await settled(
          world,
          world.client.upload(given, {
            ...(kind === "stream" ? { bytes: length } : {}),
            onProgress: (progress) => told.push(progress),
          }),
        );
        assert.equal(file.bytes, length);
        assert.equal(file.sha256, sha256(bytes));
        assert.equal(files.file.bytes.length, length);
        if (kind !== "stream of unknown length") {
          assert.deepEqual(told.at(-1), { sent: length, bytes: length });
        }
        assert.ok(world.clock.size <= timers, "no timer is left but those of the connection");
      },
    ),
    { numRuns: 60, endOnFailure: true },
  );
});

Deno.test("what is small goes up in one request, and says what it is called", async () => {
  const files = new FakeFiles();
  using world = online(files, { url: "wss://one.test/chat/ws?x=1", userId: "zoë" });
  const file = await settled(world, world.client.upload(new File(["Hello"], "Grüße 1.txt")));
  assert.deepEqual(files.calls, ["POST /api/files"]);
  assert.equal(file.name, "Grüße 1.txt");
  const [url] = files.urls;
  assert.equal(url?.protocol, "https:");
  assert.equal(url?.searchParams.get("user_id"), "zoë");
  assert.equal(file.url, "https://one.test/chat/files/file-1?signature=s.1");
});

Deno.test("what is long goes up in pieces by tus, which grow where it is fast", async () => {
  const files = new FakeFiles();
  using world = online(files);
  const bytes = someBytes(9 * MIB);
  const file = await world.client.upload(bytes, { name: "Ünï 🤖.bin", id: "my-own-id" });
  assert.equal(file.name, "Ünï 🤖.bin");
  const upload = "/api/uploads/file-1";
  assert.deepEqual(files.calls, [
    ...["POST /api/uploads", `PATCH ${upload}`, `PATCH ${upload}`, `PATCH ${upload}`],
    ...[`PATCH ${upload}`, "GET /api/files/file-1"],
  ]);
  assert.equal(files.longest, 4 * MIB);
  const again = await world.client.upload(new Blob([bytes]), { id: "my-own-id" });
  assert.equal(again.id, file.id, "the same id is the same file, also after a reload");
  const other = world.client.upload(someBytes(3 * MIB), { id: "my-own-id" });
  await assert.rejects(other, { code: "invalid_field", field: "id" });
});

Deno.test("what the server wants in its bucket goes there, for as long as that works", async () => {
  const files = new FakeFiles();
  files.direct = MIB;
  files.token = "good";
  using world = online(files, { token: "good" });
  const bytes = someBytes(3 * MIB + 5);
  const upload = async () => {
    files.calls.length = files.urls.length = 0;
    const file = await settled(world, world.client.upload(new Blob([bytes])));
    assert.equal(file.sha256, sha256(bytes));
    return files.urls.filter(({ host }) => host === BUCKET).length;
  };
  assert.equal(await upload(), 4);
  assert.deepEqual(files.calls.filter((call) => call.startsWith("PATCH")), []);
  assert.deepEqual(files.calls.slice(-2), ["GET /api/uploads/file-1", "GET /api/files/file-1"]);

  // It fails in the middle: the rest comes to the server, and the next file goes to the bucket again.
  files.faults = ["works", "works", "works", "works", { status: 503 }];
  assert.equal(await upload(), 2);
  const [post, link, , next, , ...rest] = files.calls;
  assert.deepEqual([post, link, next], [
    ...["POST /api/uploads", "POST /api/uploads/file-2/link", "POST /api/uploads/file-2/link"],
  ]);
  assert.ok(rest.slice(0, -1).every((call) => call === "PATCH /api/uploads/file-2"), `${rest}`);
  assert.equal(await upload(), 4);

  // Where it never was reached, it is not tried again.
  using other = online(files, { token: "good" });
  files.faults = ["works", "works", "lost"];
  for (const puts of [1, 0]) {
    files.urls.length = 0;
    const file = await settled(other, other.client.upload(new Blob([bytes])));
    assert.equal(file.sha256, sha256(bytes));
    assert.equal(files.urls.filter(({ host }) => host === BUCKET).length, puts);
  }

  // An upload that somebody else has begun in other pieces goes to the server until the next piece begins.
  using third = online(files, { token: "good" });
  files.faults = ["works", "works", "lost", { cutAt: 1000 }, "works"];
  files.urls.length = 0;
  const id = "own-id-0001";
  third.client.upload(new Blob([bytes]), { id }).catch(() => {});
  const begun = () => files.all.find(({ ownId }) => ownId === id);
  await until(() => begun()?.bytes.length === 1000);
  third.client.close();
  using fourth = online(files, { token: "good" });
  files.calls.length = 0;
  const file = await settled(fourth, fourth.client.upload(new Blob([bytes]), { id }));
  assert.equal(file.sha256, sha256(bytes));
  const patches = files.calls.filter((call) => call.startsWith("PATCH")).length;
  assert.ok(patches >= 1 && files.calls.some((call) => call.endsWith("/link")), `${files.calls}`);
});

Deno.test("a signal ends an upload whose piece is on its way to the bucket", async () => {
  const files = new FakeFiles();
  files.direct = MIB;
  using world = online(files);
  files.faults = ["works", "works", "hangs"];
  const stop = new AbortController();
  const upload = world.client.upload(someBytes(3 * MIB), { signal: stop.signal });
  await until(() => files.calls.length === 3);
  stop.abort();
  await assert.rejects(upload, { code: "ended" });
  await until(() => files.all.length === 0);
});

Deno.test("a proxy that takes short bodies alone gets short ones", async () => {
  const files = new FakeFiles();
  files.proxyLimit = 300_000;
  using world = online(files);
  const bytes = someBytes(MIB);
  const file = await settled(world, world.client.upload(bytes));
  assert.equal(file.sha256, sha256(bytes));
  files.proxyLimit = 10_000;
  const refused = world.client.upload(someBytes(MIB));
  await assert.rejects(settled(world, refused), { code: "too_large" });
});

Deno.test("an upload waits for the connection, and goes on as soon as it is back", async () => {
  const files = new FakeFiles();
  using world = start({ environment: { fetch: files.fetch } });
  const upload = world.client.upload(someBytes(2 * MIB));
  upload.catch(() => {});
  await turns();
  assert.deepEqual(files.calls, []);
  world.online(WHO);
  files.faults = ["works", "lost", "lost", "lost", "lost"];
  await until(() => files.calls.length === 2);
  for (const ms of [1_000, 2_000, 4_000]) {
    await turns();
    world.clock.pass(ms); // the next pause is longer than all of these
  }
  await until(() => files.calls.length === 5);
  await turns();
  world.comeBack({ ...WHO, inbox: inboxData(0, { recovered: true }) });
  await until(() => files.calls.length > 5);
  await settled(world, upload);
});

Deno.test("a token that expires in the middle is renewed, and what was sent is not sent again", async () => {
  const files = new FakeFiles();
  files.token = "token-1";
  let given = 0;
  const token = () => `token-${++given}`;
  using world = online(files, { token });
  given = 0;
  const bytes = someBytes(6 * MIB);
  files.onCall = () => {
    if (files.calls.length === 3) files.token = "token-2";
  };
  const file = await settled(world, world.client.upload(bytes));
  assert.equal(file.sha256, sha256(bytes));
  assert.equal(given, 2);
  assert.equal(files.calls.filter((call) => call.startsWith("POST")).length, 1);
  assert.ok(files.urls.every(({ searchParams }) => !searchParams.has("user_id")));
  files.token = "none of these";
  await assert.rejects(settled(world, world.client.upload(bytes)), { code: "expired_token" });
});

for (const code of ["too_large", "type_denied", "storage_full", "file_refused", "forbidden"]) {
  Deno.test(`an upload that is refused as ${code} is not tried again`, async () => {
    for (const length of [10, 2 * MIB]) {
      const files = new FakeFiles();
      files.faults = [{ status: 403, code }];
      using world = online(files);
      await assert.rejects(settled(world, world.client.upload(someBytes(length))), { code });
      assert.equal(files.calls.length, 1);
    }
  });
}

Deno.test("a signal ends an upload, and what the server has goes", async () => {
  const files = new FakeFiles();
  using world = online(files);
  const timers = world.clock.size;
  const abort = new AbortController();
  files.faults = ["works", "works", "hangs"];
  const upload = world.client.upload(someBytes(4 * MIB), { signal: abort.signal });
  await until(() => files.calls.length === 3);
  assert.equal(files.all.length, 1);
  abort.abort();
  await assert.rejects(upload, { name: "NotifyliError", code: "ended" });
  await until(() => files.all.length === 0);
  assert.equal(files.calls.at(-1), "DELETE /api/uploads/file-1");
  await turns();
  assert.equal(world.clock.size, timers, "no timer is left but those of the connection");
  const late = world.client.upload(someBytes(10), { signal: abort.signal });
  await assert.rejects(late, { code: "ended" });
});

Deno.test("a client that is closed ends its uploads, and leaves on the server what is there", async () => {
  const files = new FakeFiles();
  using world = online(files);
  files.faults = ["works", "works", "hangs"];
  const upload = world.client.upload(someBytes(4 * MIB));
  await until(() => files.calls.length === 3);
  world.client.close();
  await assert.rejects(upload, { code: "closed" });
  await turns();
  assert.equal(files.all.length, 1);
  assert.equal(world.clock.size, 0);
  await assert.rejects(world.client.upload(someBytes(1)), { code: "closed" });
});

Deno.test("a guest, who is another user on each connection, uploads nothing", async () => {
  const files = new FakeFiles();
  using world = start({ userId: undefined!, environment: { fetch: files.fetch } });
  world.online({ user_id: "guest-1", guest: true });
  await assert.rejects(world.client.upload(someBytes(1)), { code: "unauthorized" });
  assert.deepEqual(files.calls, []);
});

Deno.test("a stream that has not the bytes it says, or fails, is refused as that", async () => {
  for (const [length, bytes] of [[10, 11], [11, 10], [3 * MIB, 2 * MIB], [2 * MIB, 3 * MIB]]) {
    using world = online(new FakeFiles());
    const upload = world.client.upload(streamOf(someBytes(length!)), { bytes: bytes! });
    await assert.rejects(settled(world, upload), { code: "invalid_field" }, `${length} ${bytes}`);
  }
  using world = online(new FakeFiles());
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("the disk is gone")),
  });
  const upload = settled(world, world.client.upload(broken));
  await assert.rejects(upload, { code: "file_lost", message: /the disk is gone/ });
});

Deno.test("an upload that the server has forgotten is begun anew, but not for ever", async () => {
  const files = new FakeFiles();
  files.faults = ["works", "works", "forgotten"];
  using world = online(files);
  const bytes = someBytes(3 * MIB);
  assert.equal((await settled(world, world.client.upload(bytes))).sha256, sha256(bytes));
  files.faults = Array.from({ length: 40 }, (_, index) => index % 2 ? "forgotten" : "works");
  const upload = settled(world, world.client.upload(bytes));
  await assert.rejects(upload, { code: "not_found" });
});

Deno.test("progress is told 10 times a second at most", async () => {
  const files = new FakeFiles();
  using world = online(files);
  const { clock } = world;
  files.onCall = () => clock.pass(30);
  const told: (UploadProgress & { at: number })[] = [];
  const upload = world.client.upload(someBytes(40 * MIB), {
    onProgress: (progress) => told.push({ ...progress, at: clock.now() }),
  });
  await upload;
  assert.ok(told.length > 3 && told.length < files.calls.length, `${told.length}`);
  for (const [index, { at, sent }] of told.slice(1, -1).entries()) {
    assert.ok(at >= told[index]!.at + 100 && sent > told[index]!.sent, `${index}`);
  }
  assert.equal(told.at(-1)?.sent, 40 * MIB);
});

Deno.test("file() says what is known of a file, and fileUrl() where a page shows it from", async () => {
  const files = new FakeFiles();
  using world = online(files, { url: "https://one.test/chat/ws/" });
  const { id } = await settled(world, world.client.upload(new Blob(["x"]), { name: "x.png" }));
  files.faults = ["lost", { status: 503, code: "unavailable" }];
  const file = await settled(world, world.client.file(id));
  assert.deepEqual(file.name, "x.png");
  const { client } = world;
  assert.equal(client.fileUrl(file), "https://one.test/chat/files/file-1?signature=s.1");
  assert.equal(
    client.fileUrl("/files/file-1?signature=s.1", { thumbnail: 320.5, download: true }),
    "https://one.test/chat/files/file-1?signature=s.1&thumbnail=321&download=",
  );
  const elsewhere: [link: string, address: string][] = [
    ["/realtime/files/file-1?signature=s.1", "https://one.test/chat/files/file-1?signature=s.1"],
    ["/uploads/cat.png", "https://one.test/uploads/cat.png"],
    [
      "https://example.org/files/cat.png?signature=x",
      "https://example.org/files/cat.png?signature=x",
    ],
  ];
  for (const [link, address] of elsewhere) assert.equal(client.fileUrl(link), address);
  const thumbnail = client.fileUrl("https://example.org/cat.png", { thumbnail: 320 });
  assert.equal(thumbnail, "https://example.org/cat.png", "another site has none");
  await assert.rejects(settled(world, client.file("nothing")), { code: "not_found" });
});

function online(files: FakeFiles, options: Partial<ConnectOptions> = {}): World {
  const world = start({ ...options, environment: { fetch: files.fetch } });
  world.online(WHO);
  world.socket.onsend = answerTo(world);
  return world;
}

/** Answers as a server of an older version, which knows no passes. */
function answerTo({ socket }: World): (frame: { type?: unknown; ref?: unknown }) => void {
  const error = { success: false, code: "unknown_type", error: "It is not known" };
  return ({ type, ref }) => {
    if (type === "ping") queueMicrotask(() => socket.receive({ type: "pong" }));
    if (type === "pass") queueMicrotask(() => socket.receive({ type: "reply", ref, ...error }));
  };
}

/** Resolves with what an upload does, whose time passes as soon as nothing else goes on. */
async function settled<T>(world: World, upload: Promise<T>): Promise<T> {
  let isSettled = false;
  upload.catch(() => {}).finally(() => isSettled = true);
  world.socket.onsend = answerTo(world);
  const { clock } = world;
  for (let round = 0; !isSettled; round++) {
    assert.ok(round < 1_000, "it never ends");
    await turns();
    if (!isSettled) clock.pass(1_000);
  }
  return await upload;
}

async function until(isSo: () => boolean): Promise<void> {
  await waitFor(String(isSo), isSo);
}

/** Lets all happen that needs no time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const length = 1 + (at * 7919) % 200_000;
      controller.enqueue(bytes.slice(at, at + length));
      at += length;
      if (at >= bytes.length) controller.close();
    },
  });
}
