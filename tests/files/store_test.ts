/** What each store of files does: one suite for all of them. */
import assert from "node:assert/strict";
import { DiskStore } from "../../lib/files/store/disk.ts";
import { AppendFailure, type FileStore } from "../../lib/files/store/file_store.ts";
import { openS3 } from "./s3_world.ts";

/** A store with what it stands on, such as a folder. */
interface TestedStore extends AsyncDisposable {
  readonly store: FileStore;
  /** Another one on the same files, as another node has it. */
  other(): Promise<FileStore>;
  /** The names of all that it keeps. */
  names(): Promise<string[]>;
}

const STORES: Readonly<Record<string, () => Promise<TestedStore>>> = { disk: openDisk, S3: openS3 };

const ID = "abcdEFGH01234567-_wxyz";
const MIB = 1024 * 1024;

for (const [kind, open] of Object.entries(STORES)) {
  const test = (what: string, run: (tested: TestedStore) => Promise<void>) =>
    Deno.test(`${kind}: ${what}`, async () => {
      await using tested = await open();
      await run(tested);
    });

  test("an upload becomes a file, which is there as a whole or in parts", async ({ store }) => {
    assert.equal(await store.append(ID, 0, bodyOf("Hello, ", "world")), 12);
    assert.equal(await store.read(ID, "file"), undefined);
    assert.equal(await textOf(store, "upload"), "Hello, world");
    await assert.rejects(store.complete(ID, 13), / has 12 bytes, and not 13/);
    await store.complete(ID, 12);
    assert.equal(await store.read(ID, "upload"), undefined);
    assert.equal(await textOf(store, "file"), "Hello, world");
    for (
      const [start, end, text] of [[0, 5, "Hello"], [7, 12, "world"], [3, 4, "l"], [5, 5, ""]]
        .map(([start, end, text]) => [Number(start), Number(end), String(text)] as const)
    ) assert.equal(await textOf(store, "file", { start, end }), text);
    await store.complete(ID, 12); // as after a crash
    assert.equal(await textOf(store, "file"), "Hello, world");
  });

  test("an upload goes on where it was, and overwrites what a crash has left", async (tested) => {
    const { store } = tested;
    assert.equal(await store.append(ID, 0, bodyOf("one two six")), 11);
    assert.equal(await store.append(ID, 8, bodyOf("three")), 13);
    await using other = await tested.other();
    assert.equal(await other.append(ID, 13, bodyOf(" four")), 18);
    assert.equal(await textOf(store, "upload"), "one two three four");
    assert.equal(await store.append(ID, 3, bodyOf("!")), 4);
    await store.complete(ID, 4);
    assert.equal(await textOf(store, "file"), "one!");
  });

  test("a body of which nothing comes takes nothing away", async ({ store }) => {
    await store.append(ID, 0, bodyOf("all of it"));
    const broken = (async function* () {
      yield* bodyOf();
      throw new Error("nothing came");
    })();
    const failure = await store.append(ID, 0, broken).catch((error) => error);
    assert.ok(failure instanceof AppendFailure);
    assert.deepEqual([failure.reason, failure.offset], ["body", 0]);
    assert.equal(await textOf(store, "upload"), "all of it");
  });

  test("an empty file", async ({ store }) => {
    assert.equal(await store.append(ID, 0, bodyOf()), 0);
    await store.complete(ID, 0);
    assert.equal(await textOf(store, "file"), "");
  });

  test("pieces of all sizes stay as they are, over what is written at once", async ({ store }) => {
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const pieces: Uint8Array[] = [];
    for (let size = 1; size < 3 * MIB; size = size * 3 + 1) {
      const piece = new Uint8Array(size);
      for (let at = 0; at < size; at += bytes.length) {
        piece.set(bytes.subarray(0, Math.min(bytes.length, size - at)), at);
      }
      pieces.push(piece);
    }
    const whole = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    assert.equal(await store.append(ID, 0, ReadableStream.from(pieces)), whole.length);
    await store.complete(ID, whole.length);
    assert.deepEqual(await bytesOf(store, "file"), whole);
    const part = await bytesOf(store, "file", { start: 262_143, end: 262_145 });
    assert.deepEqual(part, whole.slice(262_143, 262_145));
  });

  test("what came before a body broke off is kept", async ({ store }) => {
    const broken = async function* () {
      yield new TextEncoder().encode("as far ");
      yield new TextEncoder().encode("as here");
      throw new Error("the connection is gone");
    };
    const failure = await failureOf(store.append(ID, 0, broken()));
    assert.deepEqual([failure.reason, failure.offset], ["body", 14]);
    assert.match(String(failure.cause), /the connection is gone/);
    assert.equal(await store.append(ID, failure.offset, bodyOf("!")), 15);
    assert.equal(await textOf(store, "upload"), "as far as here!");
  });

  test("an upload that has not what was safe is not gone on with", async ({ store }) => {
    for (const offset of [1, 4]) {
      const failure = await failureOf(store.append(ID, offset, bodyOf("x")));
      assert.deepEqual([failure.reason, failure.offset], ["store", offset]);
      if (offset === 1) await store.append(ID, 0, bodyOf("abc"));
    }
    assert.equal(await textOf(store, "upload"), "abc");
  });

  test("where somebody else may write by now, nothing more is written", async (tested) => {
    const { store } = tested;
    assert.equal(await store.append(ID, 0, bodyOf("safe")), 4);
    let isLost = false;
    const body = async function* () {
      yield new TextEncoder().encode(" and not");
      await using other = await tested.other();
      // On a disk, its lock keeps others out.
      if (store.kind === "s3") await other.append(ID, 4, bodyOf(" and sound, on another node"));
      isLost = true;
    };
    const sure = () =>
      isLost ? Promise.reject(new AppendFailure("busy", 0, undefined)) : Promise.resolve();
    const failure = await failureOf(store.append(ID, 4, body(), { sure }));
    assert.deepEqual([failure.reason, failure.offset], ["busy", 4]);
    const wanted = store.kind === "s3" ? "safe and sound, on another node" : "safe";
    assert.equal(await textOf(store, "upload"), wanted);
  });

  test("what is put is there as a whole, and takes the place of what was there", async ({ store, names }) => {
    await store.append(ID, 0, bodyOf("with a place in it"));
    await store.put(ID, "file", bodyOf("without"));
    assert.equal(await textOf(store, "file"), "without");
    assert.equal(await store.read(ID, "upload"), undefined);
    await store.complete(ID, 18); // as after a crash
    await store.put(ID, 320, bodyOf("small"));
    await store.put(ID, 320, bodyOf("smaller"));
    assert.equal(await textOf(store, 320), "smaller");
    assert.equal(await store.read(ID, 640), undefined);
    const broken = async function* () {
      yield new TextEncoder().encode("not all");
      throw new Error("it cannot be read");
    };
    await assert.rejects(store.put(ID, 320, broken()));
    await assert.rejects(store.put(ID, 640, broken()));
    assert.equal(await textOf(store, 320), "smaller");
    assert.equal((await names()).length, 2);
  });

  test("what is deleted is gone, with all that belongs to it", async ({ store, names }) => {
    await store.delete(ID);
    await store.append(ID, 0, bodyOf("an upload"));
    await store.delete(ID);
    assert.deepEqual(await names(), []);
    await store.append(ID, 0, bodyOf("a file"));
    await store.complete(ID, 6);
    await store.put(ID, 160, bodyOf("small"));
    await store.put(ID, 1280, bodyOf("large"));
    await store.append(ID, 0, bodyOf("begun again"));
    await store.delete(ID);
    assert.deepEqual(await names(), []);
    assert.equal(await store.read(ID, "file"), undefined);
    await assert.rejects(store.complete(ID, 6));
  });

  test("what has come of an upload is deleted, and the file stays", async ({ store, names }) => {
    await store.append(ID, 0, bodyOf("a file"));
    await store.complete(ID, 6);
    await store.append(ID, 0, bodyOf("begun again"));
    await store.deleteUpload(ID);
    await store.deleteUpload(ID);
    assert.equal(await store.read(ID, "upload"), undefined);
    assert.equal(await textOf(store, "file"), "a file");
    assert.equal((await names()).length, 1);
  });

  test("a file that goes while somebody reads it, or that nobody reads to the end", async ({ store }) => {
    await store.append(ID, 0, bodyOf(new Uint8Array(4 * MIB)));
    await store.complete(ID, 4 * MIB);
    const [cut, read] = [await store.read(ID, "file"), await store.read(ID, "file")];
    const reader = cut!.getReader();
    await reader.read();
    await reader.cancel();
    await store.delete(ID);
    await new Response(read).arrayBuffer().catch(() => {}); // all of it, or an error
  });

  test("says whether it can be used", async ({ store }) => {
    assert.equal(await store.whyNotReady(), undefined);
  });
}

Deno.test("disk: nobody else on the machine can read a file, and no id leads out of the folder", async () => {
  await using tested = await openDisk();
  const { store, folder } = tested;
  await store.append(ID, 0, bodyOf("mine"));
  await store.complete(ID, 4);
  for await (const path of pathsIn(folder)) {
    const { mode, isDirectory } = await Deno.stat(path);
    assert.equal(mode! & 0o777, isDirectory ? 0o700 : 0o600, path);
  }
  for (const id of ["../../../etc/passwd", "a/../../../../b", "", "."]) {
    await assert.rejects(store.append(id, 0, bodyOf("x")), TypeError);
    await assert.rejects(async () => await store.read(id, "file"), TypeError);
    await assert.rejects(store.delete(id), TypeError);
  }
});

Deno.test("disk: one body at a time: nothing of another one is read meanwhile", async () => {
  await using tested = await openDisk();
  const { store } = tested;
  const { promise: going, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const slow = async function* () {
    yield new TextEncoder().encode("slow");
    begin();
    await going;
  };
  const first = store.append(ID, 0, slow());
  await begun;
  await using other = await tested.other();
  let isRead = false;
  const second = async function* () {
    isRead = true;
    yield new TextEncoder().encode("fast");
  };
  assert.equal((await failureOf(other.append(ID, 0, second()))).reason, "busy");
  assert.equal(isRead, false);
  goOn();
  assert.equal(await first, 4);
  assert.equal(await textOf(store, "upload"), "slow");
});

interface TestedDisk extends TestedStore {
  readonly folder: string;
}

async function openDisk(): Promise<TestedDisk> {
  const folder = await Deno.makeTempDir();
  const store = await DiskStore.open(`${folder}/files`);
  return {
    ...{ store, folder: `${folder}/files` },
    other: () => DiskStore.open(`${folder}/files`),
    async names() {
      const files: string[] = [];
      for await (const path of pathsIn(folder)) {
        if ((await Deno.stat(path)).isFile) files.push(path);
      }
      return files;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function* pathsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    yield `${folder}/${name}`;
    if (isDirectory) yield* pathsIn(`${folder}/${name}`);
  }
}

function bodyOf(...pieces: (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  return ReadableStream.from(
    pieces.map((piece) => typeof piece === "string" ? new TextEncoder().encode(piece) : piece),
  );
}

async function bytesOf(
  store: FileStore,
  ...[place, range]: [Parameters<FileStore["read"]>[1], Parameters<FileStore["read"]>[2]?]
): Promise<Uint8Array> {
  const stream = await store.read(ID, place, range);
  assert.ok(stream, `there is no ${place}`);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function textOf(...asked: Parameters<typeof bytesOf>): Promise<string> {
  return new TextDecoder().decode(await bytesOf(...asked));
}

async function failureOf(append: Promise<number>): Promise<AppendFailure> {
  try {
    return assert.fail(`it took all: ${await append}`);
  } catch (error) {
    if (error instanceof AppendFailure) return error;
    throw error;
  }
}
