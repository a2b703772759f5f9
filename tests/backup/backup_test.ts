/** `notifyli backup` and `notifyli restore` as processes, on real servers: what was accepted before a backup is in it, and comes back. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { PartFile } from "../../lib/commands/part_file.ts";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { envOf } from "../support/engine_target.ts";
import { Manager, operatorKeyOf } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";

type Env = Readonly<Record<string, string>>;

for (const listener of ["deno", "node"]) {
  Deno.test(`a backup of a running server holds all that was accepted before, and the server goes on (${listener})`, async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/backup.tar`;
    const env = { APP_LISTENER: listener };
    let key = "";
    {
      await using program = await Program.start({ env });
      const manager = await Manager.of(program);
      const stored = await upload(program, manager, "a file of a user");
      const used = {
        user_id: 5,
        id: "before-01",
        message: "Before",
        attachments: [stored],
      };
      await manager.done(program, "/notifications", used);
      await manager.done(program, "/conversations?user_id=5", { kind: "group", members: [6] });
      key = operatorKeyOf(program);

      const response = await fetch(`${program.url}/api/backup`, asOperator(key));
      const reader = response.body!.getReader();
      const chunks = [(await reader.read()).value!];
      // The server goes on while a backup is taken, and the store's file stays as it was.
      for (let each = 0; each < 50; each++) {
        const notification = { user_id: 5, id: `meanwhile-${each}`, message: "x".repeat(900) };
        await manager.done(program, "/notifications", notification);
      }
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        chunks.push(part.value);
      }
      await Deno.writeFile(`${folder}/by-http.tar`, new Uint8Array(await new Blob(chunks).bytes()));

      const made = await notifyli("backup", [file], envOf(program));
      assert.deepEqual([made.code, made.stderr], [0, ""], made.stderr);
      assert.match(made.stdout, /^Backed up the running server to .*backup\.tar: \d/);
      assert.match(made.stdout, /Store: .* notifications 51,/);
      assert.match(made.stdout, /Files: 1, 16 B\nNot in it: the settings/);
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      const tar = await run(["tar", "tf", file]);
      assert.match(tar.stdout, /^notifyli-backup\.json\n[^]*notifyli\.db\n[^]*files\/..\/[\w-]+\n/);
    }
    for (const [archive, notifications] of [["by-http.tar", 1], ["backup.tar", 51]] as const) {
      const dataDir = `${folder}/data of ${archive}`;
      const put = await notifyli("restore", [`${folder}/${archive}`], { APP_DATA_DIR: dataDir });
      assert.deepEqual([put.code, put.stderr], [0, ""], put.stderr);
      assert.match(put.stdout, new RegExp(`notifications ${notifications}[,\n]`));
      await using program = await Program.start({ env, dataDir });
      assert.equal(operatorKeyOf(program), key);
      const manager = await Manager.of(program);
      const receipt = await manager.call(program, "GET", "/notifications/before-01");
      assert.equal(receipt.status, 200, JSON.stringify(receipt.json));
      const later = await manager.call(program, "GET", "/notifications/meanwhile-7");
      assert.equal(later.status, notifications === 1 ? 404 : 200);
      const files = (await manager.call(program, "GET", "/files")).json["files"] as {
        url: string;
      }[];
      const text = await (await fetch(`${program.url}${files[0]?.url}`)).text();
      assert.equal(text, "a file of a user");
    }
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("while a backup is written to a file, another one to it is refused, and takes nothing away", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/backup.tar`;
  await using program = await Program.start();
  using first = new PartFile(`${file}.part`);
  await first.file.write(new TextEncoder().encode("what the first one has so far"));
  const second = await notifyli("backup", ["--force", file], envOf(program));
  assert.equal(second.code, 1);
  assert.match(second.stderr, /No backup was made: another program writes .*backup\.tar\.part/);
  assert.equal(first.file.statSync().size, Deno.statSync(`${file}.part`).size);
  first.rename(`${folder}/first.tar`);
  const third = await notifyli("backup", [file], envOf(program));
  assert.deepEqual([third.code, third.stderr], [0, ""], third.stderr);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("nobody but the operator gets a backup, and a store in memory has none", async () => {
  await using program = await Program.start({ env: { APP_DATA_DIR: ":memory:", APP_KEY } });
  await using other = await Program.start();
  const manager = await Manager.of(other);
  const { status, json } = await manager.call(other, "GET", "/backup");
  assert.deepEqual([status, json["code"]], [404, "not_found"]);
  const folder = await Deno.makeTempDir();
  const env = { APP_PORT: String(program.port), APP_DATA_DIR: ":memory:", APP_KEY };
  const { code, stderr } = await notifyli("backup", [`${folder}/no.tar`], env);
  assert.equal(code, 1);
  assert.match(stderr, /Nothing is on a disk here: APP_DATA_DIR is :memory:/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  await Deno.remove(folder);
});

Deno.test("a backup of a server that was killed has what its log had, and its next start is as it would have been", async () => {
  const folder = await Deno.makeTempDir();
  const [dataDir, file] = [`${folder}/data`, `${folder}/backup.tar`];
  await Deno.mkdir(dataDir);
  {
    await using program = await Program.start({ dataDir });
    const manager = await Manager.of(program);
    await manager.done(program, "/notifications", { user_id: 5, id: "killed-01", message: "Hi" });
    program.kill("SIGKILL");
    await program.ended();
  }
  assert.equal((await notifyli("backup", [file], { APP_DATA_DIR: dataDir })).code, 0);
  const empty = `${folder}/other`;
  const put = await notifyli("restore", [file], { APP_DATA_DIR: empty });
  assert.match(put.stdout, / notifications 1[,\n]/, put.stderr);
  {
    await using program = await Program.start({ dataDir });
    program.kill("SIGTERM");
    await program.ended();
  }
  assert.equal((await notifyli("backup", [file, "--force"], { APP_DATA_DIR: dataDir })).code, 0);
  await using program = await Program.start({ dataDir });
  assert.doesNotMatch(program.logText, /put back/);
  await program[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a backup of version 0.1 is restored, and the next start takes it over", async () => {
  const folder = await Deno.makeTempDir();
  const env = { APP_DATA_DIR: `${folder}/old` };
  await Deno.mkdir(env.APP_DATA_DIR);
  await Deno.copyFile(`${ROOT}tests/fixtures/0.1/notifyli.db`, `${env.APP_DATA_DIR}/notifyli.db`);
  const made = await notifyli("backup", [`${folder}/b.tar`], env);
  assert.equal(made.code, 0, made.stderr);
  const now = { APP_DATA_DIR: `${folder}/now` };
  assert.equal((await notifyli("restore", [`${folder}/b.tar`], now)).code, 0);
  {
    await using program = await Program.start({ dataDir: now.APP_DATA_DIR });
    assert.equal(program.log.some(({ level }) => level === "error"), false, program.output);
  }
  const after = await notifyli("backup", [`${folder}/c.tar`], now);
  assert.match(made.stdout, /Store: .* api keys 3, .* notifications 77, .* receipts 22,/);
  assert.match(after.stdout, /Store: .* api keys 3, .* publications 24, .* revocations 8/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what cannot be restored is refused, and all stays as it was", async (t) => {
  const folder = await Deno.makeTempDir();
  const [dataDir, good] = [`${folder}/data`, `${folder}/good.tar`];
  await Deno.mkdir(dataDir);
  const env: Env = { APP_DATA_DIR: dataDir };
  {
    await using program = await Program.start({ dataDir });
    const manager = await Manager.of(program);
    await upload(program, manager, "a file that stays");
    await t.step("where a server runs, whatever its address is", async () => {
      assert.equal((await notifyli("backup", [good], envOf(program))).code, 0);
      const told = await notifyli("restore", [good, "--force"], envOf(program));
      assert.deepEqual([told.code, told.stdout], [1, ""]);
      assert.match(
        told.stderr,
        /^Nothing was restored from .*good\.tar: a server answers at .*: stop it first\n$/,
      );
      const other = await notifyli("restore", [good, "--force"], env);
      assert.match(other.stderr, /a server is using .*notifyli\.db: stop it first/);
      const noServer = await notifyli("backup", [`${folder}/no.tar`], env);
      assert.match(noServer.stderr, /a server is using .*notifyli\.db: stop it first/);
    });
    program.kill("SIGTERM");
    await program.ended();
  }
  const before = await pictureOf(dataDir);
  const refused = async (file: string, pattern: RegExp, args: readonly string[] = ["--force"]) => {
    const told = await notifyli("restore", [file, ...args], env);
    assert.deepEqual([told.code, told.stdout], [1, ""], told.stderr);
    assert.match(told.stderr, pattern);
    assert.deepEqual(await pictureOf(dataDir), before);
  };
  await t.step("over what is there, without --force", async () => {
    await refused(good, /data is not empty: --force replaces what is there/, []);
  });
  const bytes = await Deno.readFile(good);
  const changed = async (name: string, change: (copy: Uint8Array<ArrayBuffer>) => Uint8Array) => {
    await Deno.writeFile(`${folder}/${name}`, change(bytes.slice()));
    return `${folder}/${name}`;
  };
  await t.step("a backup that was cut off, at any place", async () => {
    for (const length of [0, 100, 512, 1500, bytes.length >> 1, bytes.length - 2048]) {
      const cut = await changed("cut.tar", (copy) => copy.subarray(0, length));
      await refused(cut, /it is not whole: its end is missing/);
    }
  });
  await t.step("a backup in which a byte is another one", async () => {
    for (const at of [600, 5000, bytes.length >> 1, bytes.length - 2500]) {
      const flipped = await changed("flipped.tar", (copy) => {
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      });
      await refused(flipped, /^Nothing was restored from .*flipped\.tar: it (is|has) /);
    }
  });
  await t.step("what is no backup", async () => {
    await refused(`${ROOT}README.md`, /it is no backup, or damaged/);
    await run(["tar", "cf", `${folder}/other.tar`, "-C", ROOT, "README.md"]);
    await refused(`${folder}/other.tar`, /it is no backup of notifyli/);
    await refused(`${folder}/none.tar`, /none\.tar/);
  });
  await t.step("a store of a later version", async () => {
    const later = `${folder}/later`;
    await Deno.mkdir(later);
    await Deno.copyFile(`${dataDir}/notifyli.db`, `${later}/notifyli.db`);
    const database = new DatabaseSync(`${later}/notifyli.db`);
    database.exec("UPDATE versions SET version = 999 WHERE capability = 'inbox'");
    database.close();
    const made = await notifyli("backup", [`${folder}/later.tar`], { APP_DATA_DIR: later });
    assert.match(made.stderr, /the version of its inbox is 999, this program knows up to/);
    assert.equal(await isThere(`${folder}/later.tar`), false);
    assert.equal(await isThere(`${folder}/later.tar.part`), false);
  });
  await t.step("with --force, the good one takes the place of all", async () => {
    await Deno.mkdir(`${dataDir}/files/uploads`, { recursive: true });
    await Deno.writeTextFile(`${dataDir}/files/uploads/left-over`, "gone");
    await Deno.writeTextFile(`${dataDir}/notes of mine`, "not of the server");
    assert.equal((await notifyli("restore", [good, "--force"], env)).code, 0);
    assert.equal(await isThere(`${dataDir}/files/uploads/left-over`), false);
    assert.equal(await isThere(`${dataDir}/notes of mine`), true);
    assert.equal(await isThere(`${dataDir}/notifyli.restore`), false);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("with Redis and PostgreSQL a backup has the files, and names the commands for the rest", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/b.tar`;
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const env = { ...redis.env, ...postgres.env, FILES_DIR: `${folder}/files` };
  let id = "";
  {
    await using program = await Program.start({ env });
    id = await upload(program, await Manager.of(program), "on a shared disk");
    const { code, stdout, stderr } = await notifyli("backup", [file], {
      ...env,
      ...envOf(program),
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Files: 1, 16 B/);
    assert.doesNotMatch(stdout, /Store:/);
    assert.match(stdout, /PostgreSQL: pg_dump --format=custom --schema=notifyli --file=.*b\.tar/);
    assert.match(stdout, /Redis: redis-cli -u "\$REDIS_URL" --rdb .*b\.tar\.rdb/);
    program.kill("SIGTERM");
    await program.ended(); // as one that is not there any more in Redis
  }
  const [path] = [`files/${id.slice(0, 2)}/${id}`];
  await Deno.remove(`${folder}/files`, { recursive: true });
  const places = { APP_DATA_DIR: `${folder}/data`, FILES_DIR: `${folder}/files` };
  const alone = await notifyli("restore", [file], places);
  assert.match(alone.stderr, /it has no store, since it is of a server with Redis and PostgreSQL/);
  const put = await notifyli("restore", [file], { ...env, ...places });
  assert.equal(put.code, 0, put.stderr);
  assert.equal(await Deno.readTextFile(`${folder}/${path}`), "on a shared disk");
  await Deno.remove(folder, { recursive: true });
});

async function notifyli(task: "backup" | "restore", args: string[], env: Env): Promise<Outcome> {
  return await run([...taskCommand(task), ...args], { env: { APP_PORT: "1", ...env } });
}

function asOperator(key: string): RequestInit {
  return { headers: { authorization: `Bearer ${key}` } };
}

async function upload({ url }: Program, { key }: Manager, text: string): Promise<string> {
  const response = await fetch(`${url}/api/files?name=a.txt`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: text,
  });
  return String((await response.json())["id"]);
}

/** The files of a folder with what is in them, but for the log that SQLite takes away as it looks. */
async function pictureOf(folder: string): Promise<Record<string, string>> {
  const { stdout } = await run([
    "sh",
    "-c",
    'cd "$0" && find . -type f | sort | xargs sha256sum',
    folder,
  ]);
  return Object.fromEntries(stdout.trim().split("\n").map((line) => line.split("  ").reverse()));
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
