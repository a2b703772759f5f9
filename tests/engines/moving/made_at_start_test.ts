/** What nodes make for themselves is in no move's way: a node may have run on the targets before anybody used it. */
import assert from "node:assert/strict";
import { FEATURES } from "../../../lib/features.ts";
import type { Stored } from "../../../lib/engines/storage.ts";
import { run, taskCommand } from "../../support/command.ts";
import { Manager } from "../../support/manager.ts";
import { PostgresServer } from "../../support/postgres.ts";
import { Program } from "../../support/program.ts";
import { RedisServer } from "../../support/redis.ts";
import { waitFor } from "../../support/wait.ts";

const STORED: readonly Stored[] = FEATURES;
const MADE = STORED.flatMap(({ madeAtStart = [] }) => madeAtStart);

Deno.test("what a node has made on the targets is not in the way of a move, and the store's takes its place", async () => {
  const dataDir = await Deno.makeTempDir();
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const targets = { ...redis.env, ...postgres.env };
  let link = "";
  {
    await using program = await Program.start({ dataDir });
    const { key } = await Manager.of(program);
    const response = await fetch(`${program.url}/api/files?name=a.txt&user_id=5`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: "a file of a user",
    });
    link = String((await response.json())["url"]);
    await stopped(program);
  }
  const rowsOf = async (table: string) =>
    Number(await postgres.sql(`SELECT count(*) FROM notifyli.${table}`));
  {
    await using node = await Program.start({ env: targets });
    await waitFor("it looks after messages", async () => await rowsOf("chat_notice_looks") > 0);
    await stopped(node);
  }
  // Secrets are made as they are needed first, so that a node has some of them.
  for (const table of MADE.filter((each) => /_secrets?$/.test(each))) {
    await postgres.sql(
      `INSERT INTO notifyli.${table} (id, secret) VALUES (1, 'theirs') ON CONFLICT DO NOTHING`,
    );
  }
  for (const table of MADE) assert.equal(await rowsOf(table), 1, table);

  const { code, stdout, stderr } = await run(taskCommand("migrate"), {
    env: { ...targets, APP_DATA_DIR: dataDir, APP_PORT: "1" },
  });
  assert.deepEqual([code, stderr], [0, ""], stdout);
  await using program = await Program.start({ dataDir, env: targets });
  const response = await fetch(`${program.url}${link}`);
  assert.deepEqual([response.status, await response.text()], [200, "a file of a user"]);
  await program[Symbol.asyncDispose]();
  await Deno.remove(dataDir, { recursive: true });
});

async function stopped(program: Program): Promise<void> {
  program.kill("SIGTERM");
  await program.ended();
}
