/** Very many notifications have expired at once: the sweep removes them, while others are answered. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Program } from "../../support/program.ts";
import { waitFor } from "../../support/wait.ts";
import { columns, meanwhile } from "../meanwhile.ts";
import { digits, type Row } from "../row.ts";
import { startNotifyli } from "../servers.ts";

const COUNT = 100_000;
/** The sweep comes once a minute. */
const WAITER_SECONDS = 100;

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
      const full = bytesOf(dataDir);
      bench.progress(`${COUNT} have expired, in ${digits(full / 1e6)} MB`);
      await using server = await startNotifyli({ listener: "node", dataDir });
      const seen = await meanwhile(
        server,
        async () => {
          const isSmall = () => bytesOf(dataDir) < full / 10;
          await waitFor("the space is given back", isSmall, WAITER_SECONDS * 1000);
        },
        WAITER_SECONDS,
      );
      return {
        checks: [
          { what: "longest wait", value: seen.longestMs, target: 250, is: "at most", unit: "ms" },
          { what: "memory grown", value: seen.grownMiB, target: 100, is: "at most", unit: "MiB" },
        ],
        details: [{ server: "node listener, embedded", ...columns(seen) }],
        notes: ["The sweep begins a minute after the start; that minute is in the seconds."],
      };
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
};

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

/** The server alone may read the file, so what is seen of the sweep is that it gives the space back. */
function bytesOf(dataDir: string): number {
  return Deno.statSync(`${dataDir}/notifyli.db`).size;
}
