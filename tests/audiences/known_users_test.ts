/** Who was here is noted in few steps, on each database. */
import assert from "node:assert/strict";
import { KnownUsers } from "../../lib/audiences/known_users.ts";
import type { Connection } from "../../lib/core/connection.ts";
import type { Database, Work } from "../../lib/engines/database/database.ts";
import { testDatabases } from "../support/databases.ts";

const SITE = "default";
/** More than one statement writes, and no power of two. */
const USERS = 137;

testDatabases(
  "many who come at once are noted with a statement for each hundred",
  async (database) => {
    let statements = 0;
    function* counted<T>(work: Work<T>): Work<T> {
      let step = work.next();
      while (!step.done) {
        statements++;
        step = work.next(yield step.value);
      }
      return step.value;
    }
    const known = new KnownUsers({
      whyNotReady: () => undefined,
      query: (text: string, ...values: never[]) => database.query(text, ...values),
      transaction: (work: () => Work<unknown>) => database.transaction(() => counted(work())),
    } as unknown as Database);
    const ids = Array.from({ length: USERS }, (_, index) => `user-${index}`).sort();
    const come = () =>
      ids.forEach((user) => known.identified({ site: SITE } as unknown as Connection, user));
    come();
    await known.flush();
    assert.equal(statements, 2);
    assert.deepEqual(await known.after(SITE, "", 1000), ids);

    for (const user of ids) known.forget(SITE, user);
    come();
    await known.flush(); // they are there already
    assert.deepEqual(await known.after(SITE, "", 1000), ids);
  },
);
