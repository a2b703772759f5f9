/** Uploads of the client library to the real server, on both listeners, through cuts, restarts and tokens that expire. */
import assert from "node:assert/strict";
import { connect, type ConnectOptions } from "../../lib/sdk/mod.ts";
import { run } from "../support/command.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1 << 20;
const FAST = { APP_RATE_LIMIT: "off" };

for (const listener of ["deno", "node"]) {
  Deno.test(`SDK files on the ${listener} listener: whatever is given arrives as it is`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...FAST } });
    using alice = person(program.webSocketUrl);
    const bytes = someBytes(3 * MIB + 5);
    const stream = () => new Blob([bytes]).stream();
    for (
      const [how, given, length] of [
        ["a blob", new Blob([bytes])],
        ["bytes", bytes],
        ["a stream", stream(), bytes.length],
        ["a stream of unknown length", stream()],
        ["a short stream of unknown length", new Blob(["short"]).stream()],
        ["nothing", new Uint8Array()],
      ] as const
    ) {
      const file = await alice.client.upload(given, { name: `${how}, ünï.bin`, bytes: length });
      const there = await (await fetch(file.url)).bytes();
      assert.equal(file.sha256, sha256(there), how);
      assert.equal(file.name, `${how}, ünï.bin`);
      if (how.includes("short")) assert.equal(new TextDecoder().decode(there), "short");
      else if (how !== "nothing") assert.equal(sha256(there), sha256(bytes), how);
      assert.deepEqual(await alice.client.file(file.id), file);
    }
    using bob = person(program.webSocketUrl, { userId: 2 });
    const { id } = await alice.client.upload(new Blob(["private"]), { id: "the-same-id" });
    await assert.rejects(bob.client.file(id), { code: "not_found" });
    assert.equal((await alice.client.upload(new Blob(["private"]), { id: "the-same-id" })).id, id);
    const tooLarge = new Blob([new Uint8Array(101 * MIB)]);
    await assert.rejects(alice.client.upload(tooLarge), { code: "too_large" });
  });

  Deno.test(`SDK files on the ${listener} listener: an upload goes on after each cut`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...FAST } });
    await using proxy = new TcpProxy(program.port);
    using alice = person(`ws://127.0.0.1:${proxy.port}/ws`);
    const bytes = someBytes(12 * MIB);
    let cuts = 0;
    let before = proxy.pieces;
    const cutting = setInterval(() => {
      // Some pieces of 16 KiB pass before each cut, so that it gets on.
      if (cuts === 5 || proxy.pieces < before + 100) return;
      before = proxy.pieces;
      cuts++;
      proxy.cut();
    }, 1);
    let uploads = 0;
    try {
      for (; cuts < 3; uploads++) {
        const file = await alice.client.upload(new Blob([bytes]));
        assert.equal(file.sha256, sha256(bytes));
      }
    } finally {
      clearInterval(cutting);
    }
    const { files } = await listOf(program);
    assert.equal(files.length, uploads);
  });
}

Deno.test("SDK files: a server that is killed and comes back goes on with the upload", async () => {
  const dataDir = await Deno.makeTempDir();
  const env = { APP_PORT: String(freePort()), ...FAST };
  let program = await Program.start({ dataDir, env });
  try {
    await using proxy = new TcpProxy(program.port);
    using alice = person(`ws://127.0.0.1:${proxy.port}/ws`);
    const bytes = someBytes(8 * MIB);
    const told: number[] = [];
    const upload = alice.client.upload(bytes, { onProgress: ({ sent }) => told.push(sent) });
    upload.catch(() => {});
    await waitFor("some of it is there", () => proxy.pieces > 150);
    proxy.freeze();
    program.kill("SIGKILL");
    await program.ended();
    proxy.cut();
    proxy.resume();
    program = await Program.start({ dataDir, env });
    alice.client.reconnect();
    const file = await upload;
    assert.equal(file.sha256, sha256(bytes));
    assert.equal((await listOf(program)).files.length, 1);
  } finally {
    await program[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("SDK files: a token that expires in the middle of an upload is renewed", async () => {
  await using program = await Program.start({ env: { APP_KEY, ...FAST } });
  let asked = 0;
  const good = await connectionToken({ sub: "ann" });
  const old = await connectionToken({ sub: "ann", exp: 1 });
  // The connection's token is good. The first of the upload's has expired by then, and the second is good.
  const token = () => ++asked === 2 ? old : good;
  using ann = person(program.webSocketUrl, { userId: undefined!, token });
  const bytes = someBytes(2 * MIB);
  const file = await ann.client.upload(bytes);
  assert.equal(file.sha256, sha256(bytes));
  assert.equal(asked, 3);
  assert.equal((await ann.client.file(file.id)).id, file.id);
  using other = person(program.webSocketUrl, { userId: undefined!, token: good });
  assert.equal((await other.client.file(file.id)).bytes, bytes.length);
});

Deno.test("SDK files: an upload that is ended leaves nothing on the server", async () => {
  await using program = await Program.start({ env: FAST });
  await using proxy = new TcpProxy(program.port);
  using alice = person(`ws://127.0.0.1:${proxy.port}/ws`);
  const abort = new AbortController();
  const upload = alice.client.upload(someBytes(8 * MIB), { signal: abort.signal });
  await waitFor("some of it is there", () => proxy.pieces > 150);
  abort.abort();
  await assert.rejects(upload, { code: "ended" });
  await waitFor("nothing is left", async () => {
    const folders = [];
    for await (const { name } of Deno.readDir(`${program.dataDir}/files/uploads`)) {
      folders.push(name);
    }
    return folders.length === 0;
  });
  assert.deepEqual((await listOf(program)).files, []);
});

Deno.test("SDK files in Node.js: are uploaded whatever they are, and the program ends", async () => {
  await using program = await Program.start({ env: FAST });
  const code = `
    import { connect } from ${JSON.stringify(`${ROOT}static/notifyli.js`)};
    const client = connect({ url: "${program.webSocketUrl}", userId: 1 });
    const bytes = new Uint8Array(3 * 1024 * 1024).map((_, at) => at);
    const given = [new File([bytes], "a.bin"), bytes, new Blob([bytes]).stream()];
    const files = [];
    for (const each of given) files.push(await client.upload(each, { name: "a.bin" }));
    console.log(new Set(files.map(({ sha256 }) => sha256)).size, files[2].bytes, files[0].name);
    const again = await fetch((await client.file(files[1].id)).url);
    console.log((await again.arrayBuffer()).byteLength);
    client.close();`;
  const outcome = await run(["node", "--input-type=module", "-e", code]);
  assert.deepEqual(outcome, { code: 0, stdout: "1 3145728 a.bin\n3145728\n", stderr: "" });
});

function person(url: string, options: Partial<ConnectOptions> = {}) {
  const client = connect({ url, userId: 1, name: "Alice", ...options });
  return { client, [Symbol.dispose]: () => client.close() };
}

async function listOf({ url }: Program): Promise<{ files: unknown[] }> {
  return await (await fetch(`${url}/api/files?user_id=1`)).json();
}
