/** The `upload` task as a process: what it sends, its words and exit codes, through cuts and Ctrl-C. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { Certificate } from "../support/certificate.ts";
import { baseEnv } from "../support/command.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { Folder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { Terminal } from "../support/terminal.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1 << 20;
const UPLOAD = taskCommand("upload");

const server = sharedProgram({ FILES_MAX_BYTES: "20m" });

Deno.test("upload prints the id of each file and a link to it", async () => {
  await using folder = await Folder.of({ "ünï 1.txt": "Hello", "large.bin": someBytes(3 * MIB) });
  const { code, stdout, stderr } = await upload(["ünï 1.txt", "large.bin"], folder);
  assert.deepEqual([code, stderr], [0, ""]);
  const [small, large] = stdout.trim().split("\n").map((line) => line.split(" "));
  assert.match(small?.[0] ?? "", /^[\w-]{22}$/);
  const answer = await fetch(small?.[1] ?? "");
  assert.match(answer.headers.get("content-disposition") ?? "", /%C3%BCn%C3%AF%201\.txt/);
  assert.equal(await answer.text(), "Hello");
  assert.equal(sha256(await (await fetch(large?.[1] ?? "")).bytes()), sha256(someBytes(3 * MIB)));
});

Deno.test("upload --json says what is known of a file, and whose it is", async () => {
  await using folder = await Folder.of({ "a.txt": "Hello" });
  const args = ["a.txt", "--json", "-n", "b.txt", "-u", "ann", "--id", "my-own-id"];
  const { code, stdout } = await upload(args, folder);
  const { id, url, ...facts } = JSON.parse(stdout);
  const type = "application/octet-stream";
  assert.deepEqual([code, facts], [0, {
    ...{
      name: "b.txt",
      type: facts.type,
      bytes: 5,
      sha256: sha256(new TextEncoder().encode("Hello")),
    },
  }], type);
  assert.equal(await (await fetch(url)).text(), "Hello");
  assert.equal(
    JSON.parse((await upload(args, folder)).stdout).id,
    id,
    "the same id, the same file",
  );
  const { files } = await (await fetch(`${server().url}/api/files?user_id=ann`)).json();
  assert.deepEqual(files.map((file: { id: string }) => file.id), [id]);
});

Deno.test("upload - takes standard input, whether it is short or long", async () => {
  await using folder = await Folder.of({});
  for (const input of ["", "Hello", "long ".repeat(MIB)]) {
    const { code, stdout, stderr } = await upload(["-", "-n", "input.txt", "--json"], folder, {
      input,
    });
    assert.deepEqual([code, stderr], [0, ""]);
    const { name, url } = JSON.parse(stdout);
    assert.equal(name, "input.txt");
    assert.equal(await (await fetch(url)).text(), input);
  }
});

Deno.test("upload says what is wrong, and goes on with the next file", async () => {
  await using folder = await Folder.of({ "a.txt": "Hello", "large.bin": new Uint8Array(21 * MIB) });
  const { code, stdout, stderr } = await upload([".", "nothing", "large.bin", "a.txt"], folder);
  assert.equal(code, 1);
  assert.equal(stdout.trim().split("\n").length, 1);
  const [first, second, third, ...rest] = stderr.trim().split("\n");
  assert.equal(first, "Not uploaded: .: it is a folder");
  assert.equal(second, "Not uploaded: nothing: there is no such file");
  assert.match(
    third ?? "",
    /^Not uploaded: large\.bin: Cannot take 22020096 bytes: the limit of a file is \d+ bytes/,
  );
  assert.deepEqual(rest, []);
  for (
    const [args, words] of [
      [[], "Missing FILE"],
      [["a", "b", "-n", "c"], "Cannot take --name: it is of one file"],
      [["a", "b", "--id", "c"], "Cannot take --id: it is of one file"],
      [["a", "--url", "example.org"], 'Cannot take --url: current value is "example.org"'],
    ] as const
  ) {
    const outcome = await upload([...args], folder);
    assert.equal(outcome.code, 2);
    assert.ok(outcome.stderr.startsWith(words), outcome.stderr);
  }
  const port = String(freePort());
  const nobody = await upload(["a.txt"], folder, { env: { APP_PORT: port } });
  assert.equal(nobody.code, 1);
  const reason = `Not uploaded: a.txt: no notifyli server answers at http://127.0.0.1:${port} (`;
  assert.ok(nobody.stderr.startsWith(reason), nobody.stderr);
});

Deno.test("upload shows a key, which needs the scope files:write", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  await using folder = await Folder.of({ "a.txt": "Hello" });
  const manager = await Manager.of(program);
  const made = await manager.done(program, "/keys", { name: "reader", scopes: ["files:read"] });
  const address = ["--url", `${program.url}/`];
  const refused = await upload(["a.txt", ...address, "--key", String(made["key"])], folder);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /lacks the scope 'files:write'/);
  const missing = await upload(["a.txt", ...address], folder);
  assert.match(missing.stderr, /it needs a key/);
  const taken = await upload(["a.txt", ...address, "-u", "ann"], folder, {
    env: { APP_API_KEY: manager.key },
  });
  assert.equal(taken.code, 0, taken.stderr);
});

Deno.test("upload goes to the server on this machine over TLS, and to no other in its place", async () => {
  await using certificate = await Certificate.make();
  await using other = await Certificate.make();
  const { cert, key } = certificate;
  await using program = await Program.start({ env: { APP_TLS_CERT: cert, APP_TLS_KEY: key } });
  await using folder = await Folder.of({ "a.txt": "Hello", "large.bin": someBytes(3 * MIB) });
  const port = String(program.port);
  const env = { APP_PORT: port, APP_TLS_CERT: cert, APP_TLS_KEY: key };
  const { code, stderr } = await upload(["a.txt", "large.bin"], folder, { env });
  assert.deepEqual([code, stderr], [0, ""]);
  const input = "long ".repeat(MIB);
  assert.equal((await upload(["-"], folder, { env, input })).code, 0);
  const wrong = await upload(["a.txt"], folder, {
    env: { APP_PORT: port, APP_TLS_CERT: other.cert, APP_TLS_KEY: other.key },
  });
  assert.match(wrong.stderr, /its certificate is not that of APP_TLS_CERT/);
});

Deno.test("upload goes on after a cut, and Ctrl-C removes what was sent", async () => {
  await using folder = await Folder.of({ "large.bin": someBytes(16 * MIB) });
  await using program = await Program.start();
  await using proxy = new TcpProxy(program.port);
  const address = ["--url", `http://127.0.0.1:${proxy.port}`];
  const child = spawn(["large.bin", ...address, "--json"], folder);
  await waitFor("it is on its way", () => proxy.pieces > 100);
  proxy.cut();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { sha256: sum } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(sum, sha256(someBytes(16 * MIB)));

  const pieces = proxy.pieces;
  const ended = spawn(["large.bin", "large.bin", ...address], folder);
  await waitFor("it is on its way", () => proxy.pieces > pieces + 100);
  ended.kill("SIGINT");
  const outcome = await ended.output();
  const errors = new TextDecoder().decode(outcome.stderr);
  assert.deepEqual([outcome.code, errors], [130, "Not uploaded: large.bin: ended by Ctrl-C\n"]);
  await waitFor("nothing is left", async () => {
    const { files } = await (await fetch(`${program.url}/api/files`)).json();
    const left = [...Deno.readDirSync(`${program.dataDir}/files/uploads`)];
    return files.length === 1 && left.length === 0;
  });
});

Deno.test("upload shows on a terminal how far it is", async () => {
  await using folder = await Folder.of({ "large.bin": someBytes(12 * MIB) });
  const env = { APP_PORT: String(server().port) };
  await using terminal = new Terminal([...UPLOAD, "large.bin"], { cwd: folder.path, env });
  assert.equal(await terminal.ended(), 0, terminal.screen);
  assert.match(terminal.screen, /large\.bin \[-+\] 0% of 12\.6 MB/);
  assert.match(terminal.screen, /[\w-]{22} http:\/\/127\.0\.0\.1:\d+\/files\//);
});

function spawn(args: readonly string[], { path }: Folder): Deno.ChildProcess {
  const [program = "", ...words] = UPLOAD;
  return new Deno.Command(program, {
    ...{ args: [...words, ...args], cwd: path, clearEnv: true, env: baseEnv() },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

async function upload(
  args: readonly string[],
  { path }: Folder,
  { env = {}, input }: { env?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<Outcome> {
  return await run([...UPLOAD, ...args], {
    ...{ cwd: path, env: { APP_PORT: String(server().port), ...env } },
    ...(input !== undefined && { input }),
  });
}
