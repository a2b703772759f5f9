/** Executes what `docs/backup.md` shows, on real servers, a real Redis and a real PostgreSQL. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { envOf } from "../support/engine_target.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";

type Env = Readonly<Record<string, string>>;

const PAGE = await Deno.readTextFile(`${ROOT}docs/backup.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- tested: ([^>]+) -->\s+```sh\n(.*?)```/gs)]
    .map(([, name = "", text = ""]) => [name, text.trim()]),
);

Deno.test("docs/backup.md: every block of commands is executed", () => {
  assert.deepEqual([...blocks.keys()], ["backup", "elsewhere", "restore", "restore elsewhere"]);
  assert.equal(blocks.size, PAGE.match(/```sh/g)?.length);
});

Deno.test("docs/backup.md: a backup of a running server is made and put back", async () => {
  const folder = await Deno.makeTempDir();
  const dataDir = `${folder}/data`;
  await Deno.mkdir(dataDir);
  {
    await using program = await Program.start({ dataDir });
    await notify(program, "kept-0001");
    const told = await shell("backup", folder, envOf(program));
    const [first, ...lines] = /```\n(Backed up .*?)```/s.exec(PAGE)![1]!.trim().split("\n");
    const [made, ...found] = told.trim().split("\n");
    assert.equal(
      made?.replace(/: .*/, ""),
      first?.replace(/: .*/, "").replace("/var/backups", folder),
    );
    assert.match(found[0] ?? "", /^Store: [\d.]+ kB, .*inboxes 1, notifications 1/);
    assert.deepEqual(found.slice(1), lines.slice(1));
    await notify(program, "lost-00001");
    program.kill("SIGTERM");
    await program.ended();
  }
  await shell("restore", folder, { APP_DATA_DIR: dataDir, APP_PORT: "1" });
  await using program = await Program.start({ dataDir });
  assert.equal(await statusOf(program, "kept-0001"), 200);
  assert.equal(await statusOf(program, "lost-00001"), 404);
  await program[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("docs/backup.md: PostgreSQL and Redis are dumped and put back", async () => {
  const folder = await Deno.makeTempDir();
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const env = { ...redis.env, ...postgres.env };
  {
    await using program = await Program.start({ env });
    await notify(program, "kept-0001");
    const manager = await Manager.of(program);
    await manager.done(program, "/conversations?user_id=5", {
      kind: "group",
      members: [6],
      name: "Team",
    });
    await shell("elsewhere", folder, { ...env, ...envOf(program) });
  }
  await using other = await PostgresServer.start();
  await shell("restore elsewhere", folder, other.env);
  await Deno.mkdir(`${folder}/redis`);
  await Deno.copyFile(`${folder}/notifyli.rdb`, `${folder}/redis/dump.rdb`);
  await using again = await RedisServer.start("--dir", `${folder}/redis`);
  await using program = await Program.start({ env: { ...again.env, ...other.env } });
  assert.equal(await statusOf(program, "kept-0001"), 200);
  const manager = await Manager.of(program);
  const { json } = await manager.call(program, "GET", "/conversations?user_id=5");
  assert.equal((json["conversations"] as object[]).length, 1);
  await program[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

/** Runs a block with this test's folders; resolves with what it prints. */
async function shell(name: string, folder: string, env: Env): Promise<string> {
  const text = blocks.get(name) ?? assert.fail(name);
  const script = ["backup", "restore"].reduce(
    (script, task) =>
      script.replaceAll(`notifyli ${task} `, `${taskCommand(task as "backup").join(" ")} `),
    text.replace(/^sudo systemctl.*$/gm, "").replaceAll("/var/backups", folder),
  );
  const { code, stdout, stderr } = await run(["sh", "-e", "-c", script], {
    env: { ...env, PATH: `${Deno.env.get("PATH")}:${await postgresBin()}` },
  });
  assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
  return stdout;
}

/** Where Debian has the programs of PostgreSQL. */
async function postgresBin(): Promise<string> {
  for await (const { name } of Deno.readDir("/usr/lib/postgresql")) {
    return `/usr/lib/postgresql/${name}/bin`;
  }
  return assert.fail("no PostgreSQL");
}

async function notify(program: Program, id: string): Promise<void> {
  const body = JSON.stringify({ user_id: 5, id, message: "Kept" });
  const response = await fetch(`${program.url}/api/notifications`, { method: "POST", body });
  assert.equal(response.status, 201, await response.text());
}

async function statusOf(program: Program, id: string): Promise<number> {
  const { status } = await (await Manager.of(program)).call(program, "GET", `/notifications/${id}`);
  return status;
}
