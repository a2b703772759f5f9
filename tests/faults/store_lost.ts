/**
 * The files of a running server's store are taken away under load: the log, and then the database, which is put back. Nothing
 * that was accepted is lost, nothing is accepted that would be, and `/readyz` says how it is. In the end it is killed.
 */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

const RATE = 300;

export const STORE_LOST: Scenario = {
  name: "store's files taken away",
  async run({ random, seconds, progress }: FaultContext): Promise<Report> {
    const dataDir = await Deno.makeTempDir();
    const file = `${dataDir}/notifyli.db`;
    try {
      const env = { APP_PORT: String(freePort()), APP_LIMIT_INBOX: "off" };
      await using before = await Program.start({ dataDir, env });
      await using users = await UsersUnderLoad.start(before, { random, rate: RATE });
      const { load } = users;
      await users.accepts(RATE * seconds / 4);

      await Deno.remove(`${file}-wal`);
      progress(`the log is gone after ${load.accepted} accepted`);
      await users.accepts(RATE * seconds / 4);
      assert.equal((await readiness(before.url)).status, 200, "its content is saved");

      await Deno.rename(file, `${file}.away`);
      await users.refuses();
      const { status, reason } = await readiness(before.url);
      assert.equal(status, 503);
      assert.match(reason, /notifyli\.db was removed while/);
      progress(`the database is away after ${load.accepted} accepted: ${reason}`);
      await Deno.rename(`${file}.away`, file);
      await users.accepts(RATE * seconds / 4);
      assert.equal((await readiness(before.url)).status, 200);

      await Deno.remove(`${file}-wal`);
      await users.accepts(RATE * seconds / 4);
      before.kill("SIGKILL");
      await before.ended();
      progress(`killed after ${load.accepted} accepted`);
      await using _after = await Program.start({ dataDir, env });
      const goal = load.accepted + RATE * seconds / 4;
      await waitFor("the load goes on", () => load.accepted >= goal);
      await load.end();
      return { ...await users.counted(), notes: `refused ${load.refused}` };
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
};
