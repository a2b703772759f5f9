/** A node whose clock is wrong: it removes no file sooner, whose time is the database's. */
import assert from "node:assert/strict";
import { applicationOf, userOf } from "../support/chat.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { PNG, upload } from "../support/picture.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const YEAR_SECONDS = 365 * 86_400;

Deno.test("a node whose clock is a year ahead removes no file that is in use, or new", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const folder = await Deno.makeTempDir();
  const env = { APP_KEY, FILES_DIR: folder, ...redis.env, ...postgres.env };
  const ids: string[] = [];
  {
    await using program = await Program.start({ env });
    const app = await applicationOf(program, ["publish", "files:write", "files:read"]);
    const stored = () => upload(program.url, app.bearer, { name: "a.png", bytes: PNG });
    ids.push(await stored(), await stored());
    await app.done("POST", "/notifications", { user_id: 1, message: "Hi", image: ids[1] });
    const begun = await (await userOf(program, 1)).call("POST", "/uploads", undefined, {
      ...{ "tus-resumable": "1.0.0", "upload-length": "10" },
    });
    ids.push(String(begun.json["id"]));
  }
  const states = async () => await postgres.sql("SELECT id, state FROM notifyli.files ORDER BY id");
  const before = await states();
  // What is to go says when the node has looked.
  await postgres.sql(`INSERT INTO notifyli.files
      (id, site, owner, state, name, type, bytes, safe_offset, created_at, due_at)
    VALUES ('${"x".repeat(22)}', 'default', '', 'going', 'a', 'b', 0, 0, 0, 0)`);
  {
    using clock = FakeClock.make();
    clock.set(YEAR_SECONDS);
    await using _program = await Program.start({ env: { ...clock.env, ...env } });
    await waitFor("the node has looked", async () => {
      return !(await states()).includes("x".repeat(22));
    });
  }
  assert.equal(await states(), before);
  assert.equal(ids.length, 3);
  await Deno.remove(folder, { recursive: true });
});
