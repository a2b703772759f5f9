/** Thumbnails over HTTP, on both listeners: how wide they are, how browsers keep them, who gets one, and when the file itself comes. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { applicationOf, type Caller, userOf } from "../support/chat.ts";
import { ROOT } from "../support/paths.ts";
import { upload } from "../support/picture.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";
import { plain } from "./content/images.ts";

/** Another name of the checkout, so that its sources run: a bundle of them cannot load sharp. */
const SOURCES = `${ROOT}./`;

for (const listener of ["deno", "node"]) {
  const start = (env: Record<string, string> = {}) =>
    Program.start({ root: SOURCES, env: { APP_KEY, APP_LISTENER: listener, ...env } });

  Deno.test(`thumbnails, ${listener} listener: widths, headers, and what a browser keeps`, async () => {
    await using program = await start();
    const alice = await userOf(program, 1);
    const large = await plain("image/jpeg", { width: 1000, height: 500 });
    const { url, sha256 } = await stored(alice, "large.jpg", large);
    for (
      const [wanted, width] of [[1, 160], [160, 160], [161, 320], [320, 320], [640, 640]] as const
    ) {
      const answer = await get(program, `${url}&thumbnail=${wanted}`);
      const { headers } = answer;
      assert.equal(answer.status, 200);
      const bytes = await answer.bytes();
      const made = await sharp(bytes).metadata();
      assert.deepEqual([made.format, made.width, made.height], ["webp", width, width / 2]);
      assert.equal(headers.get("content-type"), "image/webp");
      assert.equal(headers.get("content-length"), String(bytes.length));
      assert.equal(headers.get("etag"), `"${sha256}-${width}"`);
      assert.match(headers.get("cache-control") ?? "", /^private, max-age=\d+, immutable$/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.match(headers.get("content-security-policy") ?? "", /sandbox/);
      assert.match(headers.get("content-disposition") ?? "", /^inline; filename="large.jpg"$/);
      assert.equal(headers.get("accept-ranges"), null);

      const head = await get(program, `${url}&thumbnail=${wanted}`, { method: "HEAD" });
      assert.deepEqual(
        [head.status, head.headers.get("content-length"), await head.text()],
        [200, String(bytes.length), ""],
      );
      const etag = headers.get("etag") ?? "";
      const known = await get(program, `${url}&thumbnail=${wanted}`, {
        headers: { "if-none-match": etag },
      });
      assert.deepEqual([known.status, await known.text()], [304, ""]);
      const other = await get(program, `${url}&thumbnail=${wanted}`, {
        headers: { "if-none-match": `"${sha256}"`, range: "bytes=0-1" },
      });
      assert.deepEqual([other.status, (await other.bytes()).length], [200, bytes.length]);
    }
    const stats = await (await applicationOf(program, ["read"])).done("GET", "/stats");
    assert.equal(stats["files_thumbnails"], 3, "each was made once");

    // As it is shown, so turned as its camera was.
    const turnedBytes = await plain("image/jpeg", { orientation: 6, width: 800, height: 400 });
    const turned = await stored(alice, "turned.jpg", turnedBytes);
    const answer = await get(program, `${turned.url}&thumbnail=160`);
    const { width, height } = await sharp(await answer.bytes()).metadata();
    assert.deepEqual([width, height], [160, 320]);
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`thumbnails, ${listener} listener: who gets one, and when the file itself comes`, async () => {
    await using program = await start();
    const [alice, bob] = [await userOf(program, 1), await userOf(program, 2)];
    const large = await plain("image/png", { width: 400, height: 300 });
    const { id, url } = await stored(alice, "large.png", large);
    const of = async (caller: Caller) => {
      const headers = { authorization: `Bearer ${caller.bearer}` };
      const answer = await get(program, `/files/${id}?thumbnail=160`, { headers });
      await answer.body?.cancel();
      return [answer.status, answer.headers.get("content-type"), answer.headers.get("etag")];
    };
    const [status, type] = await of(alice);
    assert.deepEqual([status, type], [200, "image/webp"]);
    assert.equal((await of(bob))[0], 404);
    await alice.done("POST", "/messages", { to: 2, kind: "image", file: id });
    assert.deepEqual(await of(bob), await of(alice));
    for (const path of [`/files/${id}?thumbnail=160`, `${url.replace(/.$/, "")}&thumbnail=160`]) {
      const answer = await get(program, path);
      await answer.body?.cancel();
      assert.ok([401, 404].includes(answer.status), path);
    }

    const itself = async (path: string, bytes: Uint8Array) => {
      const answer = await get(program, path);
      assert.equal(answer.status, 200, path);
      assertSame(await answer.bytes(), bytes, path);
    };
    await itself(`${url}&thumbnail=640`, large);
    const text = new TextEncoder().encode("no picture");
    await itself(`${(await stored(alice, "a.txt", text)).url}&thumbnail=160`, text);
    const broken = large.subarray(0, 2000).slice();
    await itself(`${(await stored(alice, "broken.png", broken)).url}&thumbnail=160`, broken);
    for (const wanted of ["0", "-1", "x", "", "1e3", "100000"]) {
      const answer = await get(program, `${url}&thumbnail=${wanted}`);
      const { code, field } = await answer.json();
      assert.deepEqual([answer.status, code, field], [400, "invalid_field", "thumbnail"], wanted);
    }

    // It goes with its file.
    assert.equal((await alice.call("DELETE", `/files/${id}`)).status, 204);
    const gone = await get(program, `${url}&thumbnail=160`);
    await gone.body?.cancel();
    assert.equal(gone.status, 404);
  });

  Deno.test(`thumbnails, ${listener} listener: none where the settings say so`, async () => {
    await using program = await start({ FILES_THUMBNAILS: "false" });
    const alice = await userOf(program, 1);
    const large = await plain("image/png", { width: 400, height: 300 });
    const { url } = await stored(alice, "large.png", large);
    const answer = await get(program, `${url}&thumbnail=160`);
    assert.equal(answer.headers.get("content-type"), "image/png");
    assertSame(await answer.bytes(), large);
  });
}

interface Stored {
  readonly id: string;
  readonly url: string;
  readonly sha256: string;
}

async function stored(caller: Caller, name: string, bytes: Uint8Array): Promise<Stored> {
  const given = { name, bytes: bytes.slice() };
  const id = await upload(caller.program.url, caller.bearer, given);
  return await caller.done("GET", `/files/${id}`) as unknown as Stored;
}

/** As `deepEqual`, which would take minutes to show how images differ. */
function assertSame(bytes: Uint8Array, expected: Uint8Array, what = "the file itself"): void {
  assert.equal(bytes.length, expected.length, what);
  assert.ok(bytes.every((byte, at) => byte === expected[at]), what);
}

function get({ url }: Program, path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${url}${path}`, init);
}
