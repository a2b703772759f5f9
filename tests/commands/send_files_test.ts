/** `notifyli send` with files, as a process: it uploads what the server does not have, and leaves nothing where nothing is sent. */
import assert from "node:assert/strict";
import { plain } from "../files/content/images.ts";
import { baseEnv, type Outcome, run, taskCommand } from "../support/command.ts";
import { type Env, TARGETS } from "../support/engine_target.ts";
import { someBytes } from "../support/fake_files.ts";
import { Folder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { upload } from "../support/picture.ts";
import { Program } from "../support/program.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { Terminal } from "../support/terminal.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1 << 20;
const SEND = taskCommand("send");

type File = Readonly<Record<string, unknown>>;

for (const [engine, start] of TARGETS) {
  Deno.test(`send uploads files of this machine and of addresses, and takes ids (${engine})`, async () => {
    await using target = await start();
    const { program } = target;
    const env = { ...target.env, APP_PORT: String(program.port) };
    const [known, there] = [await upload(program.url, ""), await upload(program.url, "")];
    const { url: link } = await (await fetch(`${program.url}/api/files/${there}`)).json();
    await using elsewhere = serve({
      "/a/annual%20report.txt": new Response("of the year"),
      "/export": new Response("a,b", {
        headers: { "content-disposition": "attachment; filename*=UTF-8''%C3%BCn%C3%AF.csv" },
      }),
    });
    await using folder = await Folder.of({
      "cat.jpg": await plain("image/jpeg", { width: 64, height: 48 }),
      "large.bin": someBytes(3 * MIB),
    });
    await using client = await TestClient.join(program.webSocketUrl, { user: 7, room: "1" });
    const args = [
      ...["--image", "cat.jpg", "--attach", "cat.jpg", "--attach", "large.bin"],
      ...["--attach", `${known},${known}`, "--attach", `${program.url}${link}`],
      ...["--attach", `${elsewhere.url}/a/annual%20report.txt`],
      ...["--attach", `${elsewhere.url}/export`],
    ];
    const sent = await send(["-m", "Here they are", ...args], folder, env);
    assert.deepEqual([sent.code, sent.stderr], [0, ""]);
    const { message, image, attachments } = await nth(client, 1);
    assert.equal(message, "Here they are");
    assert.partialDeepStrictEqual(image, { name: "cat.jpg", type: "image/jpeg", width: 64 });
    const files = attachments as File[];
    const names = files.map(({ name }) => name);
    assert.deepEqual(names, [
      ...["cat.jpg", "large.bin", "cat.png", "cat.png", "annual report.txt", "ünï.csv"],
    ]);
    const ids = files.map(({ id }) => id);
    assert.deepEqual([ids[0], ids[2], ids[3]], [(image as File)["id"], known, there]);
    const [, large, , , report] = files.map(({ url }) => `${program.url}${url}`);
    assert.deepEqual(await (await fetch(large!)).bytes(), someBytes(3 * MIB));
    assert.equal(await (await fetch(report!)).text(), "of the year");

    const alone = await send(["--image", "cat.jpg"], folder, env);
    assert.equal(alone.code, 0, alone.stderr);
    assert.equal((await nth(client, 2))["message"], "cat.jpg");
    const piped = await send(["--image", "cat.jpg"], folder, env, "My cat\n");
    assert.equal(piped.code, 0, piped.stderr);
    assert.equal((await nth(client, 3))["message"], "My cat");
  });

  Deno.test(`send says which file it is, and nothing stays of the others (${engine})`, async () => {
    await using target = await start({ FILES_TYPES: "image/*,text/plain" });
    const { program } = target;
    const env = { ...target.env, APP_PORT: String(program.port) };
    await using elsewhere = serve({});
    await using folder = await Folder.of({ "a.txt": "Hello", "a.pdf": "%PDF-1.7\n%âãÏÓ\n1 0 obj" });
    await using client = await TestClient.join(program.webSocketUrl, { user: 7, room: "1" });
    const nowhere = `http://127.0.0.1:${freePort()}/a.txt`;
    const unknown = "nothing-has-this-id-01";
    for (
      const [args, code, words] of [
        [["--attach", "b.txt"], 1, /^Not sent: b\.txt: there is no such file\n$/],
        [["--attach", "."], 1, /^Not sent: \.: it is a folder\n$/],
        [["--image", "a.txt"], 1, /^Not sent: a\.txt: it is no picture, but text\/plain\n$/],
        [["--attach", "a.pdf"], 1, /^Not sent: a\.pdf: .*application\/pdf.*allowed is image\/\*/],
        [["--attach", `${elsewhere.url}/b`], 1, /^Not sent: http.*\/b: it answers 404\n$/],
        [["--attach", nowhere], 1, /^Not sent: http.*\/a\.txt: it cannot be reached \(/],
        [["-p", "soon"], 2, /'priority'/],
        // By Redis nobody says that.
        [["--attach", unknown], engine === "redis" ? 0 : 1, /^$|'attachments'.*file of the site/],
      ] as const
    ) {
      const outcome = await send(["-m", "Hi", "--attach", "a.txt", ...args], folder, env);
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, words);
      if (code !== 0) assert.deepEqual(await filesOf(program), [], args.join(" "));
    }
    const many = Array.from({ length: 11 }, (_, n) => ["--attach", `${n}.txt`]).flat();
    const tooMany = await send(["-m", "Hi", ...many], folder, env);
    assert.deepEqual([tooMany.code, tooMany.stderr.includes("at most 10 files")], [2, true]);
    await client.settled();
    assert.deepEqual(client.ofType("direct_message"), []);
    const nobody = await send(["--attach", "a.txt"], folder, {
      ...env,
      APP_PORT: String(freePort()),
    });
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /^Not sent: a\.txt: no notifyli server answers at http:/);
  });
}

Deno.test("send shows how far a file is, and Ctrl-C sends nothing and removes what was sent", async () => {
  await using folder = await Folder.of({ "a.txt": "Hello", "large.bin": someBytes(12 * MIB) });
  await using program = await Program.start();
  const files = ["-u", "7", "--attach", "a.txt", "--attach", "large.bin"];
  {
    const env = { APP_PORT: String(program.port) };
    await using terminal = new Terminal([...SEND, ...files], { cwd: folder.path, env });
    assert.equal(await terminal.ended(), 0, terminal.screen);
    assert.match(terminal.screen, /large\.bin \[-+\] 0% of 12\.6 MB/);
    assert.match(terminal.screen, /User is offline - notification queued/);
  }
  const before = (await filesOf(program)).length;
  await using proxy = new TcpProxy(program.port);
  const [command = "", ...words] = SEND;
  const child = new Deno.Command(command, {
    ...{ args: [...words, ...files, "-m", "Hi"], cwd: folder.path, clearEnv: true },
    env: { ...baseEnv(), APP_PORT: String(proxy.port) },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  await waitFor("it is on its way", () => proxy.pieces > 100);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  const errors = new TextDecoder().decode(stderr);
  assert.deepEqual([code, errors], [130, "Not sent: ended by Ctrl-C\n"]);
  await waitFor("nothing is left", async () => {
    const left = [...Deno.readDirSync(`${program.dataDir}/files/uploads`)];
    return (await filesOf(program)).length === before && left.length === 0;
  });
});

async function send(
  args: readonly string[],
  { path }: Folder,
  env: Env,
  input?: string,
): Promise<Outcome> {
  const command = [...SEND, "-u", "7", ...args];
  return await run(command, { cwd: path, env, ...(input !== undefined && { input }) });
}

/** The notification that came as the first, second, and so on. */
async function nth(client: TestClient, count: number): Promise<Frame> {
  return (await client.get("direct_message", count)).at(-1)!;
}

async function filesOf({ url }: Program): Promise<File[]> {
  return (await (await fetch(`${url}/api/files`)).json()).files;
}

/** A site elsewhere, which answers each path once. */
function serve(answers: Readonly<Record<string, Response>>): AsyncDisposable & { url: string } {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) =>
      answers[new URL(request.url).pathname] ?? new Response("there is no such", { status: 404 }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
