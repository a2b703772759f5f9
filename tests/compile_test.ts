/**
 * `deno task compile`, run as it is in a copy of the checkout. Its last step downloads a base program, which is
 * what `DENORT_BIN` replaces by Deno itself: so the executable cannot be run here, but all that is put into it
 * (modules, page, scripts, permissions) is real, and is read from it.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Checkout } from "./support/checkout.ts";
import { ROOT } from "./support/paths.ts";

const SECRET = `not-for-the-executable-${crypto.randomUUID()}`;

Deno.test("deno task compile puts the page, the scripts and both listeners and engines into ./notifyli", async (t) => {
  await using checkout = await Checkout.make();
  await Deno.writeTextFile(`${checkout.path}/.env`, `REDIS_PASSWORD=${SECRET}\n`);
  await Deno.mkdir(`${checkout.path}/data`);
  await Deno.writeTextFile(`${checkout.path}/data/notifyli.db`, SECRET);

  const { code, output } = await compile(checkout.path);
  assert.equal(code, 0, output);
  assert.match(output, /Embedded Files/);
  const executable = Buffer.from(await Deno.readFile(`${checkout.path}/notifyli`));
  const files = embeddedFiles(executable);

  await t.step("the page is in it", () => {
    for (const name of ["index.html", "main.js", "main.css"]) {
      has(files, `static/${name}`);
      has(files, `static/dashboard/${name}`);
    }
  });
  await t.step("every Lua script and every SQL file of lib/ is in it", async () => {
    const scripts = (await filesIn(`${checkout.path}/lib`)).filter((path) =>
      /\.(lua|sql)$/.test(path)
    );
    assert.ok(scripts.some((path) => path.endsWith(".lua")));
    assert.ok(scripts.some((path) => path.endsWith(".sql")));
    for (const path of scripts) has(files, `lib/${path}`);
  });
  await t.step("what is imported only when it is needed is in it", () => {
    has(files, "lib/listeners/deno.ts");
    has(files, "lib/listeners/node_http.ts");
    has(files, "lib/engines/embedded.ts");
    has(files, "lib/engines/redis.ts");
    has(files, "lib/commands/start.ts");
    has(files, "lib/commands/send.ts");
    has(files, "lib/files/content/thumbnail_worker.ts");
  });
  await t.step("sharp is not, whose native code it could not run", () => {
    assert.deepEqual(files.filter((path) => /\/(sharp|@img)\//.test(path)), []);
  });
  await t.step("no .env, no secret and no data is in it", () => {
    assert.deepEqual(files.filter((path) => /(^|\/)\.env/.test(path) || /^data\//.test(path)), []);
    assert.equal(executable.indexOf(SECRET), -1);
  });
  await t.step(
    "its permissions are those of deno task start, but no foreign libraries: files and network, and of the system the room on disks",
    async () => {
      const { allow_read, allow_write, allow_net, allow_run, allow_ffi, allow_sys } = permissions(
        executable,
      );
      assert.deepEqual([allow_read, allow_write, allow_net], [[], [], []], "all, by Deno's format");
      // They say how many files may be open, and who is at the other end of a connection.
      assert.deepEqual(allow_run, ["/usr/bin/getconf", "/usr/bin/ss", "/usr/sbin/ss"]);
      assert.deepEqual([allow_ffi, allow_sys], [null, ["statfs"]]);
      const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
      assert.deepEqual(
        [...permissionFlags(tasks.compile.command), "--allow-ffi"].sort(),
        permissionFlags(tasks.start.command),
        "those of start, but for what sharp needs",
      );
      for (const command of [tasks.start.command, tasks.compile.command]) {
        assertRunsNothingBut(command);
      }
      const flags = [tasks.compile, tasks.start].map(({ command }) =>
        /--v8-flags=\S+/.exec(command)?.[0]
      );
      assert.deepEqual(
        flags,
        Array(2).fill("--v8-flags=--max-semi-space-size=4,--no-parallel-scavenge"),
      );
    },
  );
});

Deno.test("no task has all permissions for the server, or takes in an .env file", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  for (
    const name of ["start", "send", "publish", "user", "key", "check", "token", "dev", "compile"]
  ) {
    assert.doesNotMatch(
      tasks[name].command,
      /(^| )(-A|--allow-all|-\w*A\w*)( |$)|--env-file/,
      name,
    );
  }
});

/** Runs the task; never without `DENORT_BIN`. It checks no types: a run of all tests does so, once. */
async function compile(folder: string): Promise<{ code: number; output: string }> {
  const manifest = await Deno.readTextFile(`${folder}/deno.json`);
  const unchecked = manifest.replace("deno compile ", "deno compile --no-check ");
  assert.notEqual(unchecked, manifest);
  await Deno.writeTextFile(`${folder}/deno.json`, unchecked);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "compile"],
    cwd: folder,
    env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else found.push(...(await filesIn(`${folder}/${name}`)).map((path) => `${name}/${path}`));
  }
  return found;
}

function has(files: readonly string[], path: string): void {
  assert.ok(files.includes(path), `${path} is not in the executable`);
}

interface Entry {
  readonly Dir?: { readonly n: string; readonly e: readonly Entry[] };
  readonly File?: { readonly n: string };
}

/** The executable's own list of files: JSON, after its length in eight bytes. */
function embeddedFiles(executable: Buffer): string[] {
  const start = executable.indexOf('[{"Dir":{"n":"', metadataStart(executable));
  assert.notEqual(start, -1, "this Deno lays out its executables in another way");
  const length = Number(executable.readBigUInt64LE(start - 8));
  const entries: Entry[] = JSON.parse(executable.toString("utf8", start, start + length));
  return entries.flatMap(pathsOf);
}

function pathsOf({ Dir, File }: Entry): string[] {
  if (File !== undefined) return [File.n];
  return Dir?.e.flatMap(pathsOf).map((path) => `${Dir.n}/${path}`) ?? [];
}

function permissions(executable: Buffer): Record<string, unknown> {
  const start = executable.indexOf('{"allow_env"', metadataStart(executable));
  return JSON.parse(executable.toString("utf8", start, executable.indexOf("}", start) + 1));
}

function metadataStart(executable: Buffer): number {
  const start = executable.lastIndexOf('"permissions":{"allow_env"');
  assert.notEqual(start, -1, "this Deno lays out its executables in another way");
  return start;
}

/** Programs that the server may run are named by their paths, where it may run any. */
function assertRunsNothingBut(command: string): void {
  const [, programs] = /--allow-run(?:=(\S*))?( |$)/.exec(command) ?? [];
  if (!command.includes("--allow-run")) return;
  for (const program of (programs ?? "").split(",")) assert.match(program, /^\/usr\/s?bin\/\w+$/);
}

function permissionFlags(command: string): string[] {
  return command.split(" ").filter((flag) => flag.startsWith("--allow")).sort();
}
