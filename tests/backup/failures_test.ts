/** Backups and restores that come to nothing: the error names the path and the reason, and all is as it was. */
import assert from "node:assert/strict";
import { baseEnv, type Outcome, run, taskCommand } from "../support/command.ts";
import { envOf } from "../support/engine_target.ts";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";

type Task = "backup" | "restore";
type Env = Readonly<Record<string, string>>;

interface RunOptions {
  readonly env?: Env;
  /** Stands before the command. */
  readonly wrapper?: readonly string[];
}

/** Root as any other user: what is not its own is closed to it. */
const WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
const NOBODY = 65534;

/** More than a store's file and its backup together. */
const DISK_BYTES = 6_000_000;

Deno.test("a backup for which there is no room leaves the one of before, and names the file", async (t) => {
  await using world = await World.make();
  await using disk = await SmallDisk.mount(DISK_BYTES);
  const file = `${disk.path}/backup.tar`;
  const { wrapper } = disk;
  await using program = await Program.start({ dataDir: world.dataDir });
  // Room for half of it, for all of it and not for the store that is read again, and for none.
  const places: [what: string, env: Env, parts: readonly number[]][] = [
    ["a running server", envOf(program), [0.5, 1]],
    ["a stopped server", { APP_DATA_DIR: world.stopped }, [0]],
  ];
  for (const [what, env, parts] of places) {
    await t.step(what, async () => {
      disk.free();
      const first = await notifyli("backup", ["--force", file], { env, wrapper });
      assert.equal(first.code, 0, first.stderr);
      const before = await disk.run("sha256sum", file);
      const bytes = Number(await disk.run("stat", "-c", "%s", file));
      for (const part of parts) {
        disk.free();
        disk.fill(part === 1 ? bytes + 65_536 : Math.floor(part * bytes));
        const { code, stdout, stderr } = await notifyli("backup", ["--force", file], {
          env,
          wrapper,
        });
        const written = part === 1 ? "backup\\.tar\\.part\\.store" : "backup\\.tar\\.part";
        assert.deepEqual([code, stdout], [1, ""], stderr);
        assert.match(
          stderr,
          new RegExp(`^No backup was made: ${disk.path}/${written}: No space left on device .*\n$`),
        );
        assert.equal(await disk.run("ls", disk.path), "backup.tar\nfiller\n");
        assert.equal(await disk.run("sha256sum", file), before);
      }
    });
  }
});

Deno.test("a restore for which there is no room leaves all as it was, and names the file", async (t) => {
  await using world = await World.make();
  await using disk = await SmallDisk.mount(DISK_BYTES);
  const { wrapper } = disk;
  const good = `${world.folder}/good.tar`;
  assert.equal(
    (await notifyli("backup", [good], { env: { APP_DATA_DIR: world.stopped } })).code,
    0,
  );
  const bytes = (await Deno.stat(good)).size;
  const places: [what: string, env: Env, full: RegExp][] = [
    ["APP_DATA_DIR", { APP_DATA_DIR: `${disk.path}/data` }, /data\/notifyli\.restore\/new\//],
    [
      "FILES_DIR",
      { APP_DATA_DIR: `${world.folder}/other`, FILES_DIR: `${disk.path}/files` },
      /files\/notifyli\.restore\/new\//,
    ],
  ];
  for (const [what, env, full] of places) {
    await t.step(what, async () => {
      disk.free();
      const first = await notifyli("restore", ["--force", good], { env, wrapper });
      assert.equal(first.code, 0, first.stderr);
      const folders = Object.values(env).join(" ");
      const picture = () =>
        disk.run("sh", "-c", `find ${folders} -type f | sort | xargs sha256sum`);
      const before = await picture();
      disk.free();
      disk.fill(what === "FILES_DIR" ? Math.floor(bytes / 20) : Math.floor(bytes / 2));
      const second = await notifyli("restore", ["--force", good], { env, wrapper });
      assert.deepEqual([second.code, second.stdout], [1, ""], second.stderr);
      const noRoom = /^Nothing was restored from .*good\.tar: .*: No space left on device/;
      assert.match(second.stderr, noRoom);
      assert.match(second.stderr, full);
      assert.equal(await picture(), before);
      const leftOver = await disk.run("find", ...Object.values(env), "-name", "*restore*");
      assert.equal(leftOver, "");
    });
  }
});

Deno.test("a user without rights is told to which file or folder", async (t) => {
  await using world = await World.make();
  const theirs = `${world.folder}/theirs`;
  await Deno.mkdir(theirs);
  const env = { APP_DATA_DIR: world.stopped };
  const good = `${world.folder}/good.tar`;
  assert.equal((await notifyli("backup", [good], { env })).code, 0);
  await Deno.copyFile(good, `${theirs}/old.tar`);
  await Deno.copyFile(good, `${theirs}/closed.tar`);
  await Deno.mkdir(`${theirs}/closed`);
  await Deno.copyFile(`${world.stopped}/notifyli.db`, `${theirs}/closed/notifyli.db`);
  await Deno.chmod(`${theirs}/closed.tar`, 0o600);
  await Deno.chmod(`${theirs}/closed`, 0o700);
  await run(["chown", "-R", `${NOBODY}`, theirs]);
  const refused = async (task: Task, args: string[], env: Env, reason: RegExp) => {
    const before = await world.picture();
    const { code, stdout, stderr } = await notifyli(task, args, { env, wrapper: WITHOUT_RIGHTS });
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(stderr, reason);
    assert.equal(await world.picture(), before);
  };
  await t.step("to write a backup", async () => {
    const reason = /^No backup was made: Permission denied .*theirs\/(new|old)\.tar\.part/;
    await refused("backup", [`${theirs}/new.tar`], env, reason);
    await refused("backup", ["--force", `${theirs}/old.tar`], env, reason);
    const missing = /^No backup was made: No such file or directory .*nowhere\/b\.tar\.part/;
    await refused("backup", [`${world.folder}/nowhere/b.tar`], env, missing);
  });
  await t.step("to write where a folder is", async () => {
    await Deno.mkdir(`${world.folder}/folder`);
    const reason = /^No backup was made: Is a directory .*folder\.part' -> .*folder'/;
    await refused("backup", ["--force", `${world.folder}/folder`], env, reason);
  });
  await t.step("to read the server's folder", async () => {
    const reason = /^No backup was made: Permission denied .*closed\/notifyli\.db/;
    await refused(
      "backup",
      [`${world.folder}/b.tar`],
      { APP_DATA_DIR: `${theirs}/closed` },
      reason,
    );
  });
  await t.step("to restore", async () => {
    const denied = /^Nothing was restored from .*good\.tar: Permission denied .*theirs\/\w+/;
    for (const data of ["data", "closed"]) {
      await refused("restore", ["--force", good], { APP_DATA_DIR: `${theirs}/${data}` }, denied);
    }
    const unreadable = /^Nothing was restored from .*closed\.tar: Permission denied .*closed\.tar/;
    const other = { APP_DATA_DIR: `${world.folder}/other` };
    await Deno.mkdir(other.APP_DATA_DIR);
    await refused("restore", [`${theirs}/closed.tar`], other, unreadable);
    const folder = /^Nothing was restored from .*theirs: .*theirs: Is a directory/;
    await refused("restore", [theirs], other, folder);
  });
});

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  Deno.test(`a backup that ${signal} ends leaves the one of before, and the server gives the next one`, async () => {
    await using world = await World.make();
    await using program = await Program.start({ dataDir: world.dataDir });
    await using proxy = new TcpProxy(program.port);
    const file = `${world.folder}/backup.tar`;
    await Deno.writeTextFile(file, "the one of before");
    const env = { ...envOf(program), APP_PORT: String(proxy.port) };
    proxy.freezeAnswersFrom("GET /api/backup", 100_000);
    const child = begin("backup", ["--force", file], env);
    await waitFor("a part of it is there", () => sizeOf(`${file}.part`));
    child.kill(signal);
    const { code, stderr } = await ended(child);
    const names = () => [...Deno.readDirSync(world.folder)].map(({ name }) => name);
    if (signal === "SIGKILL") {
      assert.equal(names().includes("backup.tar.part"), true);
    } else {
      const by = signal === "SIGINT" ? "Ctrl-C" : "SIGTERM";
      assert.deepEqual([code, stderr], [130, `No backup was made: ended by ${by}\n`]);
      assert.equal(names().includes("backup.tar.part"), false);
    }
    assert.equal(await Deno.readTextFile(file), "the one of before");
    proxy.resume();
    proxy.cut();
    const again = await notifyli("backup", ["--force", file], { env: envOf(program) });
    assert.equal(again.code, 0, again.stderr);
    assert.equal(names().includes("backup.tar.part"), false);
  });
}

Deno.test("a backup whose server dies meanwhile names the server, and is none", async () => {
  await using world = await World.make();
  await using program = await Program.start({ dataDir: world.dataDir });
  await using proxy = new TcpProxy(program.port);
  const file = `${world.folder}/backup.tar`;
  const env = { ...envOf(program), APP_PORT: String(proxy.port) };
  proxy.freezeAnswersFrom("GET /api/backup", 100_000);
  const child = begin("backup", [file], env);
  await waitFor("a part of it is there", () => sizeOf(`${file}.part`));
  program.kill("SIGKILL");
  await program.ended();
  proxy.cut();
  const { code, stderr } = await ended(child);
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`^No backup was made: the server at http://127.0.0.1:${proxy.port} broke it off: `),
  );
  assert.deepEqual([sizeOf(file), sizeOf(`${file}.part`)], [0, 0]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a restore that ${signal} ends leaves all as it was`, async () => {
    await using world = await World.make();
    const env = { APP_DATA_DIR: world.stopped };
    const [good, pipe] = [`${world.folder}/good.tar`, `${world.folder}/pipe.tar`];
    assert.equal((await notifyli("backup", [good], { env })).code, 0);
    assert.equal((await run(["mkfifo", pipe])).code, 0);
    const before = await world.picture();
    const child = begin("restore", ["--force", pipe], env);
    const bytes = await Deno.readFile(good);
    const half = bytes.length >> 1;
    using writer = await Deno.open(pipe, { write: true });
    const put = async (part: Uint8Array) => {
      while (part.length > 0) part = part.subarray(await writer.write(part));
    };
    await put(bytes.subarray(0, half));
    const made = `${world.stopped}/notifyli.restore/new/notifyli.db`;
    await waitFor("a part of it is unpacked", () => sizeOf(made));
    child.kill(signal);
    await waitFor("it has ended", async () => {
      // It looks at the signal whenever something more has come.
      await put(bytes.subarray(half, half + 512)).catch(() => {});
      return sizeOf(made) === 0;
    });
    const { code, stderr } = await ended(child);
    const by = signal === "SIGINT" ? "Ctrl-C" : "SIGTERM";
    assert.deepEqual([code, stderr], [
      130,
      `Nothing was restored from ${pipe}: ended by ${by}\n`,
    ]);
    assert.equal(await world.picture(), before);
  });
}

Deno.test("no restore goes while a node runs on the Redis, whatever its address is", async () => {
  await using world = await World.make();
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const file = `${world.folder}/b.tar`;
  const env = { ...redis.env, ...postgres.env, FILES_DIR: `${world.folder}/files` };
  {
    await using program = await Program.start({ env });
    const made = await notifyli("backup", [file], { env: { ...env, ...envOf(program) } });
    assert.equal(made.code, 0, made.stderr);
    const before = await world.picture();
    const elsewhere = { ...env, APP_DATA_DIR: `${world.folder}/mine` };
    const told = await notifyli("restore", ["--force", file], { env: elsewhere });
    assert.equal(told.code, 1, told.stdout);
    assert.match(
      told.stderr,
      /^Nothing was restored from .*b\.tar: 1 node runs on this Redis: stop it first\n$/,
    );
    assert.equal(await world.picture(), before);
  }
  const away = { ...env, REDIS_URL: "redis://127.0.0.1:1", APP_DATA_DIR: `${world.folder}/mine` };
  const put = await notifyli("restore", ["--force", file], { env: away });
  assert.equal(put.code, 0, "a Redis that is away keeps nobody from it");
});

/** A folder with two stores: one for a server that runs, and one that a server has left. */
class World implements AsyncDisposable {
  readonly folder: string;
  readonly dataDir: string;
  readonly stopped: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.dataDir = `${folder}/data`;
    this.stopped = `${folder}/stopped`;
  }

  static async make(): Promise<World> {
    const world = new World(await Deno.makeTempDir());
    for (const folder of [world.dataDir, world.stopped]) await Deno.mkdir(folder, { mode: 0o700 });
    await using program = await Program.start({ dataDir: world.stopped });
    const manager = await Manager.of(program);
    await manager.done(program, "/notifications", { user_id: 5, id: "kept-0001", message: "Hi" });
    const response = await fetch(`${program.url}/api/files?name=a.txt`, {
      method: "POST",
      headers: { authorization: `Bearer ${manager.key}` },
      body: "a file of a user".repeat(20_000),
    });
    assert.equal(response.status, 201, await response.text());
    program.kill("SIGTERM");
    await program.ended();
    return world;
  }

  /** All folders, and all files with what is in them, but for the seal, which who has read the store makes anew. */
  async picture(): Promise<string> {
    const command =
      "find . -type d | sort; find . -type f ! -name notifyli.seal | sort | xargs sha256sum";
    return (await run(["sh", "-c", `cd "$0"; ${command}`, this.folder])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function notifyli(
  task: Task,
  args: readonly string[],
  { env = {}, wrapper = [] }: RunOptions = {},
): Promise<Outcome> {
  return await run([...wrapper, ...taskCommand(task), ...args], { env: { APP_PORT: "1", ...env } });
}

/** Begins a command that a test ends. */
function begin(task: Task, args: readonly string[], env: Env): Deno.ChildProcess {
  const [program = "", ...words] = [...taskCommand(task), ...args];
  return new Deno.Command(program, {
    ...{ args: words, clearEnv: true, env: { ...baseEnv(), APP_PORT: "1", ...env } },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const [out = "", error = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: error };
}

/** Zero where there is no such file. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
