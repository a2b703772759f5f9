/** Resumable uploads: against the uploader that browsers have (`tus-js-client`), and by hand where that one is too well-behaved. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Upload as TusUpload } from "tus-js-client";
import { applicationOf, type Caller, userOf } from "../support/chat.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";
import { FetchStack } from "../support/tus_fetch.ts";
import { waitFor } from "../support/wait.ts";
import { namesIn } from "./world.ts";

const VERSION = { "tus-resumable": "1.0.0" };
const PATCH_TYPE = { "content-type": "application/offset+octet-stream" };

/** So many bytes that they take several pieces, each unlike its neighbours. */
const BYTES = new Uint8Array(5_000_000).map((_, at) => (at * 7 + (at >> 8)) % 256);

for (const listener of ["deno", "node"]) {
  const env = { APP_KEY, APP_LISTENER: listener };
  const test = (what: string, run: (program: Program) => Promise<void>) =>
    Deno.test(`tus, ${listener} listener: ${what}`, async () => {
      await using program = await Program.start({ env });
      await run(program);
      assert.deepEqual(program.errors, []);
    });

  test("tus-js-client uploads in one piece and in several", async (program) => {
    const alice = await userOf(program, 1);
    for (const chunkSize of [Infinity, 1_000_000]) {
      const upload = uploadOf(alice, { chunkSize, metadata: { filename: "grüße.bin" } });
      await upload.done;
      const file = await fileOf(alice, upload);
      assert.deepEqual([file["name"], file["bytes"]], ["grüße.bin", BYTES.length]);
      assert.ok(await isWhole(program, file));
      // What is there is at its end, and goes on no further.
      const head = await tus(alice, "HEAD", pathOf(upload));
      assert.deepEqual(
        [head.status, head.headers.get("upload-offset"), head.headers.get("upload-length")],
        [200, String(BYTES.length), String(BYTES.length)],
      );
    }
  });

  test("what the client says of a file is told again, and a POST may stand for what is sent", async (program) => {
    const alice = await userOf(program, 1);
    const upload = uploadOf(alice, {
      ...{ chunkSize: 2_000_000, overridePatchMethod: true },
      metadata: { filename: "grüße.bin", folder: "2026" },
    });
    await upload.done;
    assert.ok(await isWhole(program, await fileOf(alice, upload)));
    const said = `filename ${btoa("gr\xc3\xbc\xc3\x9fe.bin")},folder ${btoa("2026")}`;
    assert.equal((await tus(alice, "HEAD", pathOf(upload))).headers.get("upload-metadata"), said);

    const begun = await tus(alice, "POST", "/api/uploads", { "upload-length": "3" });
    const url = `/api/${begun.headers.get("location")}`;
    assert.equal((await tus(alice, "HEAD", url)).headers.get("upload-metadata"), null);
    const post = (method: string, headers = {}, body?: string) =>
      tus(alice, "POST", url, { "x-http-method-override": method, ...headers }, body);
    assert.equal((await post("PUT")).json["code"], "invalid_field");
    assert.equal((await post("PATCH")).json["code"], "unsupported_type");
    const named = { "content-type": "Application/Offset+Octet-Stream; charset=utf-8" };
    const patched = await post("PATCH", { ...named, "upload-offset": "0" }, "ab");
    assert.deepEqual([patched.status, patched.headers.get("upload-offset")], [204, "2"]);
    assert.equal((await post("DELETE")).status, 204);
    assert.equal((await post("DELETE")).status, 404);
  });

  test("tus-js-client goes on where a connection was cut", async (program) => {
    const alice = await userOf(program, 1);
    const reader = await applicationOf(program, ["read"]);
    const length = { "upload-length": String(BYTES.length) };
    const begun = await tus(alice, "POST", "/api/uploads", length);
    const url = `/api/${begun.headers.get("location")}`;
    for (const sent of [1_000_000, 3_000_000]) {
      const { headers } = await tus(alice, "HEAD", url);
      const offset = Number(headers.get("upload-offset"));
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
      const head = [
        ...[`PATCH ${url} HTTP/1.1`, `Host: 127.0.0.1:${program.port}`, "Tus-Resumable: 1.0.0"],
        ...[`Authorization: Bearer ${alice.bearer}`, `Upload-Offset: ${offset}`],
        ...[`Content-Type: ${PATCH_TYPE["content-type"]}`],
        ...[`Content-Length: ${BYTES.length - offset}`, "", ""],
      ];
      await writeAll(connection, new TextEncoder().encode(head.join("\r\n")));
      await writeAll(connection, BYTES.subarray(offset, sent));
      const open = async () => (await reader.done("GET", "/stats"))["uploads_open"];
      await waitFor("it comes", async () => await open() === 1);
      connection.close();
      await waitFor("what came is safe", async () => await open() === 0);
    }
    const methods: string[] = [];
    const upload = uploadOf(alice, {
      uploadUrl: program.url + url,
      onBeforeRequest: (request) => void methods.push(request.getMethod()),
    });
    await upload.done;
    assert.deepEqual(methods, ["HEAD", "PATCH"]);
    assert.ok(await isWhole(program, await fileOf(alice, upload)));
  });

  Deno.test(`tus, ${listener} listener: an upload goes on after the server was killed`, async () => {
    const dataDir = await Deno.makeTempDir();
    let url = "";
    {
      await using program = await Program.start({ env, dataDir });
      const alice = await userOf(program, 1);
      const { promise: isHalf, resolve } = Promise.withResolvers<void>();
      const upload = uploadOf(alice, {
        chunkSize: 500_000,
        onChunkComplete: (_size, sent) => sent >= 2_000_000 && resolve(),
      });
      await isHalf;
      await upload.tus.abort();
      url = pathOf(upload);
      program.kill("SIGKILL");
    }
    {
      await using program = await Program.start({ env, dataDir });
      const alice = await userOf(program, 1);
      const head = await tus(alice, "HEAD", url);
      assert.ok(Number(head.headers.get("upload-offset")) >= 2_000_000);
      const upload = uploadOf(alice, { uploadUrl: program.url + url });
      await upload.done;
      assert.ok(await isWhole(program, await fileOf(alice, upload)));
    }
    await Deno.remove(dataDir, { recursive: true });
  });

  Deno.test(`tus, ${listener} listener: a body that stands still ends, and the upload goes on`, async () => {
    await using postgres = await PostgresServer.start();
    await using program = await Program.start({
      env: { ...env, ...postgres.env, APP_REQUEST_SECONDS: "4" },
    });
    const alice = await userOf(program, 1);
    const reader = await applicationOf(program, ["read"]);
    const length = { "upload-length": String(BYTES.length) };
    const begun = await tus(alice, "POST", "/api/uploads", length);
    const url = `/api/${begun.headers.get("location")}`;
    const sent = 2_000_000;
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
    const head = [
      ...[`PATCH ${url} HTTP/1.1`, `Host: 127.0.0.1:${program.port}`, "Tus-Resumable: 1.0.0"],
      ...[`Authorization: Bearer ${alice.bearer}`, "Upload-Offset: 0"],
      ...[`Content-Type: ${PATCH_TYPE["content-type"]}`, `Content-Length: ${BYTES.length}`, "", ""],
    ];
    await writeAll(connection, new TextEncoder().encode(head.join("\r\n")));
    await writeAll(connection, BYTES.subarray(0, sent));
    // The client sleeps: it reads, but sends no more.
    const answer = await textUntil(connection, '"code"');
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /"code":"too_slow"/);
    await waitFor("nobody works on it", async () => {
      return (await reader.done("GET", "/stats"))["uploads_open"] === 0;
    });
    const lease = await postgres.sql("SELECT lease_owner, safe_offset FROM notifyli.files");
    assert.equal(lease, `|${sent}`);
    const { headers } = await tus(alice, "HEAD", url);
    assert.equal(headers.get("upload-offset"), String(sent));
    const upload = uploadOf(alice, { uploadUrl: program.url + url });
    await upload.done;
    assert.ok(await isWhole(program, await fileOf(alice, upload)));
    assert.deepEqual(program.errors, []);
  });

  test("what is not as tus has it is refused, and harms nothing", async (program) => {
    const [alice, bob] = [await userOf(program, 1), await userOf(program, 2)];
    const post = (headers: Record<string, string>) => tus(alice, "POST", "/api/uploads", headers);
    const refusals: [headers: Record<string, string>, status: number, code: string][] = [
      [{ "upload-length": "5", "tus-resumable": "0.2.2" }, 412, "unsupported_version"],
      [{ "upload-length": "5", "tus-resumable": "" }, 412, "unsupported_version"],
      [{}, 400, "missing_field"],
      [{ "upload-length": "-1" }, 400, "invalid_field"],
      [{ "upload-length": "1e3" }, 400, "invalid_field"],
      [{ "upload-defer-length": "1" }, 400, "invalid_field"],
      [{ "upload-length": "5", "upload-metadata": "filename !!" }, 400, "invalid_field"],
      [{ "upload-length": "5", "upload-metadata": `a ${"b".repeat(4096)}` }, 413, "too_long"],
      [{ "upload-length": "5", "upload-metadata": "gr\xfc\xdfe aGk=" }, 400, "invalid_field"],
      [{ "upload-length": "999999999999" }, 413, "too_large"],
    ];
    for (const [headers, status, code] of refusals) {
      const answer = await post(headers);
      assert.deepEqual([answer.status, answer.json["code"]], [status, code], code);
      assert.equal(answer.headers.get("tus-resumable"), "1.0.0");
      if (status === 412) assert.equal(answer.headers.get("tus-version"), "1.0.0");
    }
    // Clients ask for it before they have anything to show.
    for (
      const [path, headers] of [["/api/uploads"], ["/api/uploads/x", {
        authorization: "Bearer x",
      }]] as const
    ) {
      const options = await fetch(program.url + path, {
        method: "OPTIONS",
        headers: headers ?? {},
      });
      assert.deepEqual([options.status, await options.text()], [204, ""], path);
      assert.deepEqual(
        ["tus-resumable", "tus-version", "tus-extension", "tus-max-size"].map((name) =>
          options.headers.get(name)
        ),
        ["1.0.0", "1.0.0", "creation,termination", String(100 * 1024 * 1024)],
      );
    }

    const begun = await post({ "upload-length": "10" });
    assert.equal(begun.status, 201);
    const url = new URL(begun.headers.get("location")!, `${program.url}/api/uploads`).pathname;
    const patch = (offset: string, body: string, headers = {}) =>
      tus(alice, "PATCH", url, { ...PATCH_TYPE, "upload-offset": offset, ...headers }, body);
    assert.equal((await patch("0", "abcd")).headers.get("upload-offset"), "4");
    const wrong: [offset: string, body: string, status: number, headers?: object][] = [
      ["0", "x", 409],
      ["5", "x", 409],
      ["11", "x", 409],
      ["x", "x", 400],
      ["4", "x", 415, { "content-type": "application/octet-stream" }],
      ["4", "x", 412, { "tus-resumable": "2.0.0" }],
      ["4", "much too long", 400],
    ];
    for (const [offset, body, status, headers = {}] of wrong) {
      assert.equal((await patch(offset, body, headers)).status, status, `${offset} ${body}`);
    }
    for (const method of ["HEAD", "DELETE"]) {
      assert.equal((await tus(bob, method, url)).status, 404);
    }
    const { headers } = await tus(alice, "HEAD", url);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("upload-offset"), "4");
    assert.equal((await patch("4", "efghij")).status, 204);
    const { json } = await alice.call("GET", url.replace("/api/uploads", "/files"));
    const bytes = await fetch(program.url + String(json["url"]));
    assert.equal(await bytes.text(), "abcdefghij");
  });

  test("an upload that is ended leaves nothing, and an empty one is a file at once", async (program) => {
    const alice = await userOf(program, 1);
    const begun = await tus(alice, "POST", "/api/uploads", { "upload-length": "10" });
    const url = `/api/${begun.headers.get("location")}`;
    await tus(alice, "PATCH", url, { ...PATCH_TYPE, "upload-offset": "0" }, "abc");
    assert.equal((await tus(alice, "DELETE", url)).status, 204);
    for (const method of ["HEAD", "DELETE"]) {
      assert.equal((await tus(alice, method, url)).status, 404);
    }
    await waitFor("nothing is left", async () => {
      return (await namesIn(`${program.dataDir}/files`)).length === 0;
    });
    const empty = await tus(alice, "POST", "/api/uploads/", { "upload-length": "0" });
    const file = await alice.done("GET", `/files/${empty.headers.get("location")}`);
    assert.equal(file["bytes"], 0);
    assert.equal(await (await fetch(program.url + String(file["url"]))).text(), "");
  });

  test("an application uploads as itself and as a user", async (program) => {
    const application = await applicationOf(program, ["files:write", "files:read"]);
    const alice = await userOf(program, "a/b?");
    for (const query of ["", `?user_id=${encodeURIComponent("a/b?")}`]) {
      const upload = uploadOf(application, { endpoint: `${program.url}/api/uploads${query}` });
      await upload.done;
      assert.equal(new URL(upload.tus.url!).search, query);
      assert.ok(await isWhole(program, await fileOf(application, upload)));
    }
    const { files } = await alice.done("GET", "/files");
    assert.equal((files as unknown[]).length, 1);
  });

  test("two requests at once for one upload end with what one of them brought", async (program) => {
    const alice = await userOf(program, 1);
    const begun = await tus(alice, "POST", "/api/uploads", { "upload-length": "300000" });
    const url = `/api/${begun.headers.get("location")}`;
    const patch = (offset: number, text: string) =>
      tus(alice, "PATCH", url, { ...PATCH_TYPE, "upload-offset": String(offset) }, text);
    const both = await Promise.all(["a", "b", "c"].map((each) => patch(0, each.repeat(300_000))));
    for (const { status } of both) assert.ok([204, 409].includes(status), String(status));
    const offset = Number((await tus(alice, "HEAD", url)).headers.get("upload-offset"));
    if (offset < 300_000) {
      assert.equal((await patch(offset, "d".repeat(300_000 - offset))).status, 204);
    }
    const file = await alice.done("GET", url.replace("/api/uploads", "/files"));
    const text = await (await fetch(program.url + String(file["url"]))).text();
    assert.match(text, /^([abcd])\1*d*$/);
    assert.equal(text.length, 300_000);
  });
}

interface TestedUpload {
  readonly tus: TusUpload;
  readonly done: Promise<void>;
}

function uploadOf(caller: Caller, options: TusUpload["options"]): TestedUpload {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const tus = new TusUpload(Buffer.from(BYTES), {
    endpoint: `${caller.program.url}/api/uploads`,
    headers: { authorization: `Bearer ${caller.bearer}` },
    retryDelays: null,
    httpStack: new FetchStack(),
    onSuccess: () => resolve(),
    onError: reject,
    ...options,
  });
  tus.start();
  done.catch(() => {}); // whoever waits for it is told
  return { tus, done };
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** What comes until it has this text. */
async function textUntil(connection: Deno.Conn, wanted: string): Promise<string> {
  const buffer = new Uint8Array(4096);
  for (let text = "";;) {
    const read = await connection.read(buffer);
    assert.ok(read !== null, `it ended after ${JSON.stringify(text)}`);
    text += new TextDecoder().decode(buffer.subarray(0, read));
    if (text.includes(wanted)) return text;
  }
}

function pathOf({ tus: { url } }: TestedUpload): string {
  return new URL(url!).pathname;
}

async function fileOf(caller: Caller, upload: TestedUpload): Promise<Record<string, unknown>> {
  const { pathname, search } = new URL(upload.tus.url!);
  return await caller.done("GET", pathname.replace("/api/uploads", "/files") + search);
}

async function isWhole(program: Program, file: Record<string, unknown>): Promise<boolean> {
  const answer = await fetch(program.url + String(file["url"]));
  return Buffer.from(await answer.arrayBuffer()).equals(BYTES);
}

async function tus(
  { program, bearer }: Caller,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
) {
  const answer = await fetch(program.url + path, {
    ...{ method, headers: { authorization: `Bearer ${bearer}`, ...VERSION, ...headers } },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  const json: Record<string, unknown> = text === "" ? {} : JSON.parse(text);
  return { status: answer.status, headers: answer.headers, json };
}
