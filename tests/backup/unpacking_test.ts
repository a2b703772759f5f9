/** What is taken for a backup: an archive of this form, with no names but those that a backup has, and sizes of any number. */
import assert from "node:assert/strict";
import { archiveOf, FORMAT, type Manifest, type Source } from "../../lib/backup/archive.ts";
import { readTarHeader, tarHeader } from "../../lib/backup/tar.ts";
import { unpack } from "../../lib/backup/unpacking.ts";

const MANIFEST: Manifest = { format: FORMAT, version: "1.2.3", at: 1000, elsewhere: ["s3"] };

Deno.test("a backup is unpacked as it was packed, in whatever pieces it comes", async () => {
  const files = {
    "files/uploads/left": "",
    "notifyli.db": "s".repeat(1500),
    "operator.key": "k",
    "files/ab/one.part": "x".repeat(512),
  };
  const bytes = await packed(Object.keys(files), (name) => files[name as keyof typeof files]);
  for (const size of [1, 511, 512, 513, bytes.length]) {
    const taken: Record<string, string> = {};
    const { manifest, storeBytes, hasOperatorKey, ...counted } = await unpack(
      piecesOf(bytes, size),
      ({ name }) => {
        taken[name] = "";
        return Promise.resolve({
          write(chunk) {
            taken[name] += new TextDecoder().decode(chunk);
            return Promise.resolve();
          },
          end: () => Promise.resolve(),
        });
      },
    );
    assert.deepEqual(taken, files);
    assert.deepEqual(manifest, MANIFEST);
    assert.deepEqual([storeBytes, hasOperatorKey], [1500, true]);
    assert.deepEqual([counted.files, counted.fileBytes], [2, 512]);
  }
});

Deno.test("no name leads out of the folder that a backup is unpacked in", async () => {
  const names = [
    ...[
      "../operator.key",
      "/etc/passwd",
      "files/../operator.key",
      "files/ab/../../x",
      "files/ab/.",
    ],
    ...["files/ab/..", "files/a/b/c", "files/ab", "files/ab/", "notifyli.db-wal", "notifyli_db"],
    ...["notifyli.restore/ready", "notifyli.seal", ".env", "operator.key/x"],
  ];
  for (const name of names) {
    const opened: string[] = [];
    const unpacking = unpack(piecesOf(await packed([name], () => "x"), 512), (entry) => {
      opened.push(entry.name);
      return Promise.resolve(undefined);
    });
    await assert.rejects(unpacking, /it has ".*" in it/, name);
    assert.deepEqual(opened, [], name);
  }
});

Deno.test("a backup of a later form is refused", async () => {
  const later = await packed([], () => "", { ...MANIFEST, format: FORMAT + 1 });
  await assert.rejects(unpacked(later), /its form is 2, this program knows up to 1/);
});

Deno.test("a backup in which a file is missing or is there twice is refused", async () => {
  const names = ["files/ab/one", "files/ab/two"];
  const bytes = await packed(names, () => "x");
  const [one, two, three] = [1024, 2048, 3072]; // each file has a header and a block
  const rest = bytes.subarray(three);
  for (
    const wrong of [
      [bytes.subarray(0, two), rest],
      [bytes.subarray(0, two), bytes.subarray(one, three), rest],
    ]
  ) {
    const joined = new Uint8Array(await new Blob(wrong).arrayBuffer());
    await assert.rejects(unpacked(joined), /it is damaged: its checksum is another one/);
  }
  await unpacked(bytes);
});

Deno.test("headers hold sizes of any number, and names of up to 100 bytes", () => {
  for (const bytes of [0, 1, 8 ** 11 - 1, 8 ** 11, 2 ** 52]) {
    const entry = { name: `files/ab/${"n".repeat(91)}`, bytes };
    assert.deepEqual(readTarHeader(tarHeader(entry, 5)), entry);
  }
  const long = { name: "n".repeat(101), bytes: 1 };
  assert.throws(() => tarHeader(long, 5), /its name is too long/);
});

async function packed(
  names: readonly string[],
  textOf: (name: string) => string,
  manifest = MANIFEST,
): Promise<Uint8Array<ArrayBuffer>> {
  async function* sources(): AsyncGenerator<Source> {
    for (const name of names) {
      const bytes = new TextEncoder().encode(textOf(name));
      yield { name, bytes: bytes.length, body: piecesOf(bytes, 100) };
    }
  }
  const chunks = await Array.fromAsync(archiveOf(manifest, sources()));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function* piecesOf(bytes: Uint8Array<ArrayBuffer>, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await unpack(piecesOf(bytes, 4096), () => Promise.resolve(undefined));
}
