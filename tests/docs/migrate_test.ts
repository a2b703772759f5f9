/** Executes what `docs/migrate.md` shows, from a real server's store to a real Redis and a real PostgreSQL. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/migrate.md`);

Deno.test("docs/migrate.md: a store is moved, and the server goes on at the new place", async () => {
  const blocks = [...PAGE.matchAll(/<!-- tested: migrate -->\s+```sh\n(.*?)```/gs)];
  assert.equal(blocks.length, PAGE.match(/```sh/g)?.length);
  const dataDir = await Deno.makeTempDir();
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  {
    await using program = await Program.start({ dataDir });
    const manager = await Manager.of(program);
    await manager.done(program, "/notifications", { user_id: 5, id: "moved-0001", message: "Hi" });
    await manager.done(program, "/conversations?user_id=5", { kind: "group", members: [6] });
    program.kill("SIGTERM");
    await program.ended();
  }
  const replacements = {
    ...redis.env,
    ...postgres.env,
  };
  const script = (blocks[0]?.[1] ?? "").replace(/^sudo .*$/m, "")
    .replace("/var/backups", dataDir)
    .replace(
      /(REDIS_URL|DATABASE_URL)=\S+/g,
      (_, name: keyof typeof replacements) => `${name}='${replacements[name]}'`,
    )
    .replace("notifyli backup ", `${taskCommand("backup").join(" ")} `)
    .replace(/ notifyli migrate/, ` ${taskCommand("migrate").join(" ")}`);
  const { code, stdout, stderr } = await run(["sh", "-e", "-c", script], {
    env: { APP_DATA_DIR: dataDir, APP_PORT: "1" },
  });
  assert.equal(code, 0, script + stdout + stderr);
  for (const noun of ["conversations", "chat members", "notifications"]) {
    assert.match(stdout, new RegExp(`^${noun} +(\\d+) +\\1$`, "m"));
    assert.match(PAGE, new RegExp(`^${noun} +(\\d+) +\\1$`, "m"));
  }
  await using program = await Program.start({ dataDir, env: { ...redis.env, ...postgres.env } });
  const manager = await Manager.of(program);
  assert.equal((await manager.call(program, "GET", "/notifications/moved-0001")).status, 200);
  const { json } = await manager.call(program, "GET", "/conversations?user_id=5");
  assert.equal((json["conversations"] as object[]).length, 1);
  await program[Symbol.asyncDispose]();
  await Deno.remove(dataDir, { recursive: true });
});
