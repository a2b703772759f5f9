/** Files over HTTP, on both listeners: how they come, how they are given out, and who gets none. */
import assert from "node:assert/strict";
import { applicationOf, type Caller, userOf } from "../support/chat.ts";
import { Program } from "../support/program.ts";
import { rawExchange, rawRequest } from "../support/raw_http.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { namesIn } from "./world.ts";

const PAGE = "https://shop.example";
const KIB = 1024;

interface OnWire {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly url: string;
}

for (const listener of ["deno", "node"]) {
  const test = (
    what: string,
    run: (program: Program) => Promise<void>,
    env: Record<string, string> = {},
  ) =>
    Deno.test(`files, ${listener} listener: ${what}`, async () => {
      await using program = await Program.start({
        env: { APP_KEY, APP_LISTENER: listener, APP_ALLOWED_ORIGINS: PAGE, ...env },
      });
      await run(program);
      assert.deepEqual(program.errors, []);
    });

  test("a body becomes a file, by a user's token and by a key", async (program) => {
    const alice = await userOf(program, 1);
    const application = await applicationOf(program, ["files:write", "files:read"]);
    const file = await upload(alice, "?name=gr%C3%BC%C3%9Fe.txt", "Hello");
    assert.equal(file.name, "grüße.txt");
    assert.equal(await textAt(program, file.url), "Hello");
    const own = await upload(application, "", new Uint8Array());
    assert.deepEqual([own.name, own.bytes], ["file", 0]);
    assert.equal(await textAt(program, own.url), "");
    const as = await upload(application, "?user_id=1&name=a", "for a user");
    const { files } = await alice.done("GET", "/files");
    assert.deepEqual((files as OnWire[]).map(({ id }) => id).sort(), [file.id, as.id].sort());
    const all = await application.done("GET", "/files?limit=2");
    assert.equal((all["files"] as OnWire[]).length, 2);
    const rest = await application.done("GET", `/files?limit=2&cursor=${all["next"]}`);
    assert.deepEqual([(rest["files"] as OnWire[]).length, rest["next"]], [1, undefined]);
    assert.deepEqual(await alice.done("GET", `/files/${as.id}`), { ...as });

    // Who lacks the scope, names another user, or shows nothing.
    const reader = await applicationOf(program, ["files:read", "chat:write"]);
    assert.equal((await reader.call("POST", "/files", "x")).status, 403);
    assert.equal((await alice.call("POST", "/files?user_id=2", "x")).json["code"], "user_mismatch");
    const nobody = await fetch(`${program.url}/api/files`, { method: "POST", body: "x" });
    assert.equal(nobody.status, 401);
    await nobody.body?.cancel();
  });

  test("a form with one file, whatever it is called", async (program) => {
    const alice = await userOf(program, 1);
    const bytes = new Uint8Array(200 * KIB).map((_, at) => at % 251);
    for (
      const name of ['a "quoted" name.txt', "ümläut 😀.png", "back\\slash.txt", "plain", "%22.txt"]
    ) {
      const form = new FormData();
      form.append("title", "before it");
      form.append("file", new File([bytes], name));
      form.append("note", "after it");
      const file = await upload(alice, "", form);
      assert.equal(file.bytes, bytes.length);
      const clean = name === "%22.txt" ? '".txt' : name.split("\\").at(-1);
      assert.equal(file.name, clean);
      assert.deepEqual(await bytesAt(program, file.url), bytes);
    }
    const two = new FormData();
    for (const each of ["1", "2"]) two.append("file", new File([each], each));
    const none = new FormData();
    none.append("file", "a text");
    for (const [form, code] of [[two, "invalid_field"], [none, "missing_field"]] as const) {
      const { status, json } = await send(alice, "", form);
      assert.deepEqual([status, json["code"]], [400, code]);
    }
    // A field in which no file was chosen is none, and neither is one whose name looks like a file's.
    const part = (disposition: string, text: string) =>
      `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${text}\r\n`;
    const [unchosen, odd] = [part('name="a"; filename=""', ""), part('name="; filename=x"', "y")];
    const inForm = { "content-type": "multipart/form-data; boundary=b" };
    const only = await send(alice, "", `${unchosen}${odd}--b--\r\n`, inForm);
    assert.deepEqual([only.status, only.json["code"]], [400, "missing_field"]);
    const chosen = part('name="b"; filename="b.txt"', "chosen");
    const among = `${unchosen}${odd}${chosen}${unchosen}${odd}--b--\r\n`;
    const one = await upload(alice, "", among, inForm);
    assert.deepEqual([one.name, await textAt(program, one.url)], ["b.txt", "chosen"]);
    const unnamed = `${part('name="a"; filename=""', "-- has bytes")}--b--\r\n`;
    assert.equal((await upload(alice, "", unnamed, inForm)).bytes, 12);
    const cut = "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\nabc";
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    assert.equal((await send(alice, "", cut, headers)).json["code"], "invalid_field");
    const whole = await upload(alice, "", `${cut}\r\n--b--\r\n`, headers);
    assert.equal(await textAt(program, whole.url), "abc");
    await waitFor("nothing is left of what was refused", async () => {
      return (await namesIn(`${program.dataDir}/files`)).length === 8;
    });
  });

  test("the same id again is the same file, and another file with it is refused", async (program) => {
    const alice = await userOf(program, 1);
    const own = { "idempotency-key": "order-0007" };
    const file = await upload(alice, "?name=a.txt", "first", own);
    assert.equal((await upload(alice, "?name=a.txt", "first", own)).id, file.id);
    const others: [query: string, body: string][] = [["?name=b.txt", "first"], [
      "?name=a.txt",
      "f",
    ]];
    for (const [query, body] of others) {
      const { status, json } = await send(alice, query, body, own);
      assert.deepEqual([status, json["code"]], [409, "id_taken"], query);
    }
    const tus = async (length: number, key: string) => {
      const metadata = `filename ${btoa("a.txt")}`;
      const { status, json } = await alice.call("POST", "/uploads", undefined, {
        ...{ "tus-resumable": "1.0.0", "upload-length": String(length) },
        ...{ "upload-metadata": metadata, "idempotency-key": key },
      });
      return [status, json["id"] ?? json["code"]];
    };
    assert.deepEqual(await tus(5, "order-0007"), [201, file.id]);
    assert.deepEqual(await tus(6, "order-0007"), [409, "id_taken"]);
    const [, begun] = await tus(9, "order-0008");
    assert.deepEqual(await tus(9, "order-0008"), [201, begun]);
    assert.deepEqual(await tus(8, "order-0008"), [409, "id_taken"]);
    for (const key of ["", "x".repeat(129), "two words"]) {
      assert.deepEqual(await tus(9, key), [400, "invalid_field"], key);
      const { json } = await send(alice, "", "x", { "idempotency-key": key });
      assert.equal(json["code"], "invalid_field", key);
    }
  });

  test("nobody sees a file who may not", async (program) => {
    const [alice, bob] = [await userOf(program, 1), await userOf(program, 2)];
    const stranger = await userOf(program, 1, { site_id: "acme" });
    const acme = await applicationOf(program, ["files:read", "files:write"], "acme");
    const wrongScope = await applicationOf(program, ["publish"]);
    const file = await upload(alice, "", "secret");
    const missing = "x".repeat(22);
    for (const caller of [bob, stranger, acme]) {
      for (const method of ["GET", "DELETE"]) {
        for (const path of ["/api/files/", "/files/"]) {
          const [there, nothing] = await Promise.all(
            [file.id, missing].map(async (id) => {
              const answer = await raw(caller, method, `${path}${id}`);
              return { ...answer, text: answer.text.replaceAll(id, "ID") };
            }),
          );
          // Whoever removes twice is told the same, so nobody learns by that what was there.
          assert.equal(there?.status, method === "GET" ? 404 : 204, `${method} ${path}`);
          assert.deepEqual(there, nothing);
        }
      }
    }
    assert.equal((await raw(wrongScope, "GET", `/files/${file.id}`)).status, 403);
    for (const path of [file.url.replace(/.$/, "-"), `/files/${file.id}?signature=`]) {
      assert.equal(await statusAt(program, path), 404);
    }
    assert.equal(await statusAt(program, `/files/${file.id}`), 401);
    assert.equal((await raw(alice, "GET", `/files/${file.id}`)).text, "secret");
    const application = await applicationOf(program, ["files:read", "files:write"]);
    assert.equal((await raw(application, "GET", `/files/${file.id}`)).text, "secret");
    assert.equal((await raw(application, "GET", `/files/${file.id}?user_id=2`)).status, 404);
    for (const path of ["/files/", "/api/files/", "/files/"]) {
      assert.equal((await raw(alice, "DELETE", `${path}${file.id}`)).status, 204, "harmless twice");
      assert.equal((await raw(application, "DELETE", `${path}${file.id}`)).status, 204);
      assert.equal((await raw(alice, "DELETE", `${path}no-id`)).status, 204);
    }
    assert.equal(await statusAt(program, file.url), 404);
    await waitFor(
      "it is gone",
      async () => (await namesIn(`${program.dataDir}/files`)).length === 0,
    );
  });

  test("a part of a file, and a file that the browser has", async (program) => {
    const alice = await userOf(program, 1);
    const text = "0123456789";
    const { url, sha256 } = await upload(alice, "?name=digits", text);
    const get = async (headers: Record<string, string>, method = "GET") => {
      const answer = await fetch(program.url + url, { method, headers });
      return { answer, text: await answer.text() };
    };
    const ranges: [range: string, status: number, text: string, contentRange: string | null][] = [
      ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
      ["bytes=3-3", 206, "3", "bytes 3-3/10"],
      ["bytes=7-", 206, "789", "bytes 7-9/10"],
      ["bytes=-2", 206, "89", "bytes 8-9/10"],
      ["bytes=-100", 206, text, "bytes 0-9/10"],
      ["bytes=5-100", 206, "56789", "bytes 5-9/10"],
      ["bytes= 1-2 ", 206, "12", "bytes 1-2/10"],
      ["Bytes=1-2", 206, "12", "bytes 1-2/10"],
      ["bytes=5-2", 200, text, null],
      ["bytes=0-1,3-4", 200, text, null],
      ["bytes=-", 200, text, null],
      ["bytes=a-b", 200, text, null],
      ["lines=1-2", 200, text, null],
      ["bytes=10-", 416, "", "bytes */10"],
      ["bytes=10-20", 416, "", "bytes */10"],
      ["bytes=-0", 416, "", "bytes */10"],
      ["bytes=99999999999999-", 416, "", "bytes */10"],
    ];
    for (const [range, status, wanted, contentRange] of ranges) {
      const { answer, text } = await get({ range });
      assert.equal(answer.status, status, range);
      assert.equal(answer.headers.get("content-range"), contentRange, range);
      if (status !== 416) {
        assert.equal(text, wanted, range);
        assert.equal(answer.headers.get("content-length"), String(wanted.length), range);
      }
      const head = await get({ range }, "HEAD");
      assert.deepEqual([head.answer.status, head.text], [200, ""], `HEAD ${range}`);
      assert.equal(head.answer.headers.get("content-length"), "10");
    }
    const etag = `"${sha256}"`;
    const { answer: whole } = await get({});
    assert.equal(whole.headers.get("etag"), etag);
    assert.equal(whole.headers.get("accept-ranges"), "bytes");
    assert.match(whole.headers.get("cache-control")!, /^private, max-age=\d+, immutable$/);
    assert.equal(whole.headers.get("content-security-policy"), "sandbox; default-src 'none'");
    assert.equal(whole.headers.get("x-content-type-options"), "nosniff");
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      for (const method of ["GET", "HEAD"]) {
        const { answer, text } = await get({ "if-none-match": known, range: "bytes=0-1" }, method);
        assert.deepEqual([answer.status, text, answer.headers.get("etag")], [304, "", etag], known);
      }
    }
    assert.equal((await get({ "if-none-match": '"x"' })).answer.status, 200);
    assert.equal((await get({ range: "bytes=0-1", "if-range": etag })).answer.status, 206);
    for (const other of ['"x"', `W/${etag}`, "Wed, 21 Oct 2015 07:28:00 GMT"]) {
      assert.equal(
        (await get({ range: "bytes=0-1", "if-range": other })).answer.status,
        200,
        other,
      );
    }
    const { url: empty } = await upload(alice, "", new Uint8Array());
    const none = await fetch(program.url + empty, { headers: { range: "bytes=0-" } });
    assert.deepEqual([none.status, none.headers.get("content-range")], [416, "bytes */0"]);
    await none.body?.cancel();
  });

  test("a file is called as its uploader calls it, without what deceives", async (program) => {
    const alice = await userOf(program, 1);
    const names: [given: string, name: string, disposition: string][] = [
      ["plain.txt", "plain.txt", 'attachment; filename="plain.txt"'],
      ["two words.txt", "two words.txt", 'attachment; filename="two words.txt"'],
      [
        'say "hi".txt',
        'say "hi".txt',
        `attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`,
      ],
      [
        "grüße.txt",
        "grüße.txt",
        `attachment; filename="gru_e.txt"; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt`,
      ],
      ["😀.png", "😀.png", `attachment; filename="_.png"; filename*=UTF-8''%F0%9F%98%80.png`],
      ["100%.txt", "100%.txt", `attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt`],
      [
        "it's (1).txt",
        "it's (1).txt",
        `attachment; filename="it's (1).txt"; filename*=UTF-8''it%27s%20%281%29.txt`,
      ],
      ["../../etc/passwd", "passwd", 'attachment; filename="passwd"'],
      ["C:\\secret\\a.txt", "a.txt", 'attachment; filename="a.txt"'],
      ["gnp\u202e.exe", "gnp.exe", 'attachment; filename="gnp.exe"'],
      [
        "a\r\nSet-Cookie: x=1",
        "aSet-Cookie: x=1",
        `attachment; filename="aSet-Cookie: x=1"; filename*=UTF-8''aSet-Cookie%3A%20x%3D1`,
      ],
      ["a\u0000b", "ab", 'attachment; filename="ab"'],
      ["..", "file", 'attachment; filename="file"'],
      ["\u200b", "file", 'attachment; filename="file"'],
      [
        `${"x".repeat(300)}.txt`,
        `${"x".repeat(196)}.txt`,
        `attachment; filename="${"x".repeat(196)}.txt"`,
      ],
    ];
    for (const [given, name, disposition] of names) {
      const file = await upload(alice, `?name=${encodeURIComponent(given)}`, "x");
      assert.equal(file.name, name);
      const answer = await fetch(program.url + file.url, { method: "HEAD" });
      assert.equal(answer.headers.get("content-disposition"), disposition);
    }
    // Nothing that runs is shown as a page: it is saved, and would run in a sandbox.
    const html = await upload(alice, "?name=a.html", "<script>alert(1)</script>");
    const page = await fetch(program.url + html.url, { method: "HEAD" });
    assert.match(page.headers.get("content-disposition")!, /^attachment/);
  });

  test("limits have codes and counters", async (program) => {
    const alice = await userOf(program, 1);
    const refusal = async (body: BodyInit, headers: Record<string, string> = {}) => {
      const { status, json } = await send(alice, "", body, headers);
      return [status, json["code"]];
    };
    const large = new Uint8Array(3 * KIB);
    assert.deepEqual(await refusal(large), [413, "too_large"]);
    const form = new FormData();
    form.append("file", new File([large], "a"));
    assert.deepEqual(await refusal(form), [413, "too_large"]);
    assert.deepEqual(await refusal(ReadableStream.from([large])), [413, "too_large"]);
    await upload(alice, "", new Uint8Array(2 * KIB));
    await upload(alice, "", new Uint8Array(KIB));
    assert.deepEqual(await refusal(new Uint8Array(KIB + 1)), [507, "storage_full"]);
    const both = await Promise.all([1, 2].map(() => refusal(new Uint8Array(KIB))));
    assert.deepEqual(both.map(([status]) => status).sort(), [201, 507]);
    const bob = await userOf(program, 2);
    const gzipped = await send(bob, "", "x", { "content-encoding": "gzip" });
    assert.deepEqual([gzipped.status, gzipped.json["code"]], [415, "unsupported_type"]);
    const stats = await (await applicationOf(program, ["read"])).done("GET", "/stats");
    assert.deepEqual([stats["refused_large_files"], stats["refused_storage"]], [3, 2]);
    assert.deepEqual([stats["files_stored"], stats["uploads_open"]], [3, 0]);
  }, { FILES_MAX_BYTES: "2k", FILES_USER_BYTES: "4k" });

  test("a body that is refused early is answered, however much of it follows", async (program) => {
    const alice = await userOf(program, 1);
    for (let round = 0; round < 5; round++) {
      const { status, json } = await send(alice, "", new Uint8Array(20 * KIB * KIB));
      assert.deepEqual([status, json["code"]], [413, "too_large"]);
    }
  }, { FILES_MAX_BYTES: "2k" });

  test("a slow body may take long, and one that stands still is ended", async (program) => {
    const token = await connectionToken({ sub: "1" });
    const started = performance.now();
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
    const write = (text: string) => connection.write(new TextEncoder().encode(text));
    const head = `POST /api/files?name=slow HTTP/1.1\r\nHost: 127.0.0.1:${program.port}\r\n` +
      `Authorization: Bearer ${token}\r\nConnection: close\r\n`;
    await write(`${head}Content-Length: 40\r\n\r\n`);
    for (let count = 0; count < 40; count++) {
      await write("x");
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const answer = await new Response(connection.readable).text();
    assert.match(answer, /^HTTP\/1.1 201 /);
    assert.ok(performance.now() - started > 5000, "it took longer than a body may be silent");
    const silent = await rawExchange(program.port, [
      ...["POST /api/files HTTP/1.1", `Host: 127.0.0.1:${program.port}`],
      ...[`Authorization: Bearer ${token}`, "Content-Length: 10"],
    ], "12345");
    assert.equal(silent.status, 408);
    await waitFor("nothing is left of it", async () => {
      return (await namesIn(`${program.dataDir}/files`)).length === 1;
    });
  }, { APP_REQUEST_SECONDS: "4" });

  for (const proof of ["token", "key"] as const) {
    test(`whose ${proof} is revoked in the middle of an upload brings no more`, async (program) => {
      const alice = await userOf(program, 1);
      const manager = await applicationOf(program, ["manage"]);
      const tus = { "tus-resumable": "1.0.0" };
      const begun = await alice.call("POST", "/uploads", undefined, {
        ...tus,
        "upload-length": "10",
      });
      const doors: [method: string, path: string, headers: Record<string, string>][] = [
        ["POST", "/files", {}],
        ["PATCH", `/uploads/${begun.json["id"]}`, {
          ...{ ...tus, "content-type": "application/offset+octet-stream", "upload-offset": "0" },
        }],
      ];
      for (const [at, [method, path, headers]] of doors.entries()) {
        const { bearer, query, revoke } = proof === "token"
          ? await revocableToken(manager, `token-000${at}`)
          : await revocableKey(manager);
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        const writer = writable.getWriter();
        const answer = fetch(`${program.url}/api${path}${query}`, {
          ...{ method, body: readable, headers: { authorization: `Bearer ${bearer}`, ...headers } },
        });
        await writer.write(new TextEncoder().encode("12345"));
        const coming = async () => (await statsOf(program))["uploads_open"] === 1;
        await waitFor("the upload comes", coming);
        await revoke();
        await writer.write(new TextEncoder().encode("67890")).catch(() => {}); // nobody reads it any more
        await writer.close().catch(() => {});
        const { status, json } = await answer.then(async (answer) => {
          return { status: answer.status, json: await answer.json() };
        });
        const code = proof === "token" ? "revoked_token" : "unauthorized";
        assert.deepEqual([status, json["code"]], [401, code], method);
      }
      assert.deepEqual((await alice.done("GET", "/files"))["files"], []);
      const { json } = await alice.call("GET", `/uploads/${begun.json["id"]}`, undefined, tus);
      assert.ok(Number(json["offset"]) <= 5, String(json["offset"]));
    });
  }

  test("a body that is cut leaves nothing, and one that is longer ends where it says", async (program) => {
    const token = await connectionToken({ sub: "1" });
    const head = [
      ...["POST /api/files HTTP/1.1", `Host: 127.0.0.1:${program.port}`],
      `Authorization: Bearer ${token}`,
    ];
    for (const length of ["Content-Length: 1000000", "Transfer-Encoding: chunked"]) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
      const body = length.startsWith("T") ? "5\r\nabcde\r\n" : "abcde";
      const request = [...head, length, "", body].join("\r\n");
      await connection.write(new TextEncoder().encode(request));
      const stats = async () => (await statsOf(program))["uploads_open"];
      await waitFor("it is seen", async () => await stats() === 1);
      connection.close();
      await waitFor("its end is seen", async () => await stats() === 0).catch((error) => {
        throw new Error(`${length}: ${error}`);
      });
    }
    await waitFor("nothing is left", async () => {
      return (await namesIn(`${program.dataDir}/files`)).length === 0;
    });
    const longer = await rawRequest(program.port, [...head, "Content-Length: 3"], "abcdef");
    // `node:http` takes what follows for a request that is none, and says so.
    assert.ok([201, 400].includes(longer.status), String(longer.status));
    const { files } = await (await userOf(program, 1)).done("GET", "/files");
    for (const { bytes } of files as OnWire[]) assert.equal(bytes, 3);
  });

  test("pages of allowed sites upload and read", async (program) => {
    const alice = await userOf(program, 1);
    const asked = await fetch(`${program.url}/api/uploads`, {
      method: "OPTIONS",
      headers: {
        ...{ origin: PAGE, "access-control-request-method": "POST" },
        "access-control-request-headers": "authorization,tus-resumable,upload-length",
      },
    });
    assert.equal(asked.status, 204);
    const allowed = asked.headers.get("access-control-allow-headers")!.split(", ");
    for (const header of ["authorization", "tus-resumable", "upload-length", "upload-metadata"]) {
      assert.ok(allowed.includes(header), header);
    }
    const headers = { origin: PAGE, authorization: `Bearer ${alice.bearer}` };
    const begun = await fetch(`${program.url}/api/uploads`, {
      method: "POST",
      headers: { ...headers, "tus-resumable": "1.0.0", "upload-length": "3" },
    });
    await begun.body?.cancel();
    assert.equal(begun.headers.get("access-control-allow-origin"), PAGE);
    const read = begun.headers.get("access-control-expose-headers")!;
    for (const header of ["Location", "Upload-Offset", "Tus-Resumable", "Retry-After"]) {
      assert.ok(read.split(", ").includes(header), header);
    }
    const file = await upload(alice, "", "x");
    const got = await fetch(program.url + file.url, { headers: { origin: PAGE } });
    assert.equal(await got.text(), "x");
    assert.equal(got.headers.get("access-control-allow-origin"), PAGE);
    const foreign = await fetch(program.url + file.url, {
      headers: { origin: "https://evil.example" },
    });
    assert.equal(foreign.headers.get("access-control-allow-origin"), null);
    await foreign.body?.cancel();
  });
}

Deno.test("files: a disk that is full takes no more, says so, and has room again at once", async () => {
  await using disk = await SmallDisk.mount(8 * KIB * KIB);
  await using program = await Program.start({
    env: { APP_KEY, FILES_DIR: disk.path },
    wrapper: disk.wrapper,
  });
  const alice = await userOf(program, 1);
  for (const body of [new Uint8Array(20 * KIB * KIB), new Uint8Array(9 * KIB * KIB)]) {
    const { status, json } = await send(alice, "", body);
    assert.deepEqual([status, json["code"]], [507, "storage_full"]);
  }
  await waitFor("nothing of it is left", async () => {
    return (await statsOf(program))["files_removed"] === 2;
  });
  const file = await upload(alice, "", new Uint8Array(6 * KIB * KIB));
  assert.equal((await bytesAt(program, file.url)).length, 6 * KIB * KIB);
  assert.equal((await alice.done("GET", "/files"))["files"] instanceof Array, true);
});

Deno.test("files: a program on this machine needs no key on an open server", async () => {
  await using program = await Program.start();
  const answer = await fetch(`${program.url}/api/files?name=a`, { method: "POST", body: "x" });
  assert.equal(answer.status, 201);
  const file = await answer.json();
  assert.equal(await textAt(program, `/files/${file["id"]}`), "x");
});

function send(
  { program, bearer }: Caller,
  query: string,
  body: BodyInit,
  headers: Record<string, string> = {},
) {
  return fetch(`${program.url}/api/files${query}`, {
    ...{ method: "POST", body },
    headers: { authorization: `Bearer ${bearer}`, ...headers },
  }).then(async (answer) => ({ status: answer.status, json: await answer.json() }));
}

async function upload(
  caller: Caller,
  query: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<OnWire> {
  const { status, json } = await send(caller, query, body, headers);
  assert.equal(status, 201, JSON.stringify(json));
  return json;
}

async function raw({ program, bearer }: Caller, method: string, path: string) {
  const headers = { authorization: `Bearer ${bearer}` };
  const answer = await fetch(program.url + path, { method, headers });
  return { status: answer.status, text: await answer.text() };
}

async function bytesAt(program: Program, path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(program.url + path)).arrayBuffer());
}

async function textAt(program: Program, path: string): Promise<string> {
  return await (await fetch(program.url + path)).text();
}

async function statusAt(program: Program, path: string): Promise<number> {
  const answer = await fetch(program.url + path);
  await answer.body?.cancel();
  return answer.status;
}

async function statsOf(program: Program): Promise<Record<string, unknown>> {
  return await (await readerOf(program)).done("GET", "/stats");
}

const readers = new WeakMap<Program, Promise<Caller>>();

function readerOf(program: Program): Promise<Caller> {
  const known = readers.get(program) ?? applicationOf(program, ["read"]);
  readers.set(program, known);
  return known;
}

/** What a caller shows, and how it is revoked. */
interface Revocable {
  readonly bearer: string;
  readonly query: string;
  revoke(): Promise<unknown>;
}

async function revocableToken(manager: Caller, id: string): Promise<Revocable> {
  return {
    ...{ bearer: await connectionToken({ sub: "1", jti: id }), query: "" },
    revoke: () => manager.done("POST", "/revocations", { token_id: id }),
  };
}

/** An application's that uploads as the user. */
async function revocableKey(manager: Caller): Promise<Revocable> {
  const wanted = { name: "app", scopes: ["files:write"] };
  const { id, key } = await manager.done("POST", "/keys", wanted);
  return {
    ...{ bearer: String(key), query: "?user_id=1" },
    revoke: () => manager.done("DELETE", `/keys/${id}`),
  };
}
