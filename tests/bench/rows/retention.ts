/** Very many notifications have expired at once: the sweep removes them, while others are answered. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Program } from "../../support/program.ts";
import { columns, type Meanwhile, meanwhile } from "../meanwhile.ts";
import type { Row } from "../row.ts";
import { startNotifyli } from "../servers.ts";

const COUNT = 100_000;
/** The sweep comes a minute after the start; after so long, it is over. */
const SWEPT_SECONDS = 75;

/** `?1` is a number from 1 on, `?2` a Unix time in milliseconds. */
const EXPIRED = `
  INSERT INTO notifications (site, user, id, room, content, offset, queued_at, expires_at)
  VALUES ('default', 'u' || ?1 % 50, 'n' || ?1, 'r', '{"message":"' || hex(randomblob(250)) || '"}',
    ?1, ?2, 5)`;

export const retention: Row = {
  name: "retention",
  question: "100,000 notifications have expired: how long others wait while they are removed",
  async measure(bench) {
    const dataDir = await Deno.makeTempDir();
    try {
      await fill(dataDir);
      bench.progress(`${COUNT} have expired`);
      const seen = await whileSwept(dataDir);
      assert.equal(left(dataDir), 0, "the sweep has not ended");
      return {
        checks: [
          { what: "longest wait", value: seen.longestMs, target: 250, is: "at most", unit: "ms" },
          { what: "memory grown", value: seen.grownMiB, target: 100, is: "at most", unit: "MiB" },
        ],
        details: [{ server: "node listener, embedded", ...columns(seen) }],
      };
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
};

async function whileSwept(dataDir: string): Promise<Meanwhile> {
  await using server = await startNotifyli({ listener: "node", dataDir });
  return await meanwhile(server, () => delay(SWEPT_SECONDS * 1000), SWEPT_SECONDS);
}

/** Makes a store, and puts into it what has expired. */
async function fill(dataDir: string): Promise<void> {
  const program = await Program.start({ dataDir });
  program.kill("SIGTERM");
  assert.equal((await program.ended()).code, 0);
  const database = new DatabaseSync(`${dataDir}/notifyli.db`);
  database.exec("BEGIN");
  const insert = database.prepare(EXPIRED);
  for (let each = 1; each <= COUNT; each++) insert.run(each, Date.now());
  database.exec("COMMIT");
  database.close();
}

/** While no server runs, since it alone may read the file. */
function left(dataDir: string): number {
  const database = new DatabaseSync(`${dataDir}/notifyli.db`);
  try {
    return Number(database.prepare("SELECT count(*) AS count FROM notifications").get()?.["count"]);
  } finally {
    database.close();
  }
}
