/** Files of earlier versions are taken over with all that is in their inboxes. */
import assert from "node:assert/strict";
import type { Notification } from "../../lib/inbox/store/store.ts";
import { INBOX_SQL } from "../../lib/inbox/store/sqlite.ts";
import { openFullEmbedded, RETENTION } from "../support/engines.ts";
import { fileOf } from "../support/old_file.ts";

Deno.test("the tables of inboxes have version 13", () => {
  assert.equal(INBOX_SQL.length, 13);
});

Deno.test("embedded engine takes over a file of schema version 1", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    using database = await fileOf(1, dataDir);
    const insert = database.prepare(
      "INSERT INTO notifications (site, user, id, room, text, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    for (const [user, id, sentAt] of [["1", "a", 5], ["2", "b", null], ["1", "c", null]] as const) {
      const frame = {
        type: "direct_message",
        id,
        name: "a",
        message: `m\u0000 ${id}`,
        timestamp: 7,
      };
      insert.run("default", user, id, "lobby", JSON.stringify(frame), sentAt);
    }
  }
  {
    await using engine = await openFullEmbedded({ dataDir });
    const { offset, notifications } = await engine.inbox.queued("default", "1", "lobby");
    assert.equal(offset, 2);
    assert.deepEqual(notifications.map(({ publication }) => publication), [{
      kind: "notification",
      id: "c",
      room: "lobby",
      at: 7,
      from: { name: "a" },
      message: "m\u0000 c",
    }]);
    assert.equal((await engine.inbox.queued("default", "2", "lobby")).offset, 1);
    await engine.inbox.append({ site: "default", user: "1", id: "d", room: "lobby", message: "x" });
    assert.equal((await engine.inbox.get("default", "1", "d"))?.offset, 3);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine takes over a file of schema version 7, with all that is in it", async () => {
  const dataDir = await Deno.makeTempDir();
  const past = Date.now() - 1000;
  {
    using database = await fileOf(7, dataDir);
    const inbox = database.prepare(
      "INSERT INTO inboxes (site, user, epoch, offset, dropped) VALUES ('default', ?, ?, ?, ?)",
    );
    inbox.run("1", "e", 6, 1);
    inbox.run("2", "f", 1, 0);
    inbox.run("3", "f", 4, 0); // all of its own were deleted
    const insert = database.prepare(
      `INSERT INTO notifications (site, user, id, room, text, offset, queued_at,
         sent_at, delivered_at, read_at, archived_at, expires_at)
       VALUES ('default', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const add = (
      [user, id, offset]: [string, string, number],
      { room = "lobby", sent, read, archived, expires }: {
        room?: string;
        sent?: number;
        read?: number;
        archived?: number;
        expires?: number;
      } = {},
    ) => {
      const text = `{"offset":${offset},"id":"${id}"}`;
      const times = [sent, read, read, archived, expires].map((time) => time ?? null);
      insert.run(user, id, room, text, offset, Date.now(), ...times);
    };
    add(["1", "read", 2], { sent: past, read: past });
    add(["1", "archived", 3], { sent: past, archived: past });
    add(["1", "sent", 4], { sent: past });
    add(["1", "both", 5]);
    add(["1", "elsewhere", 6], { room: "other" });
    add(["2", "both", 1], { expires: past });
  }
  const retention = { ...RETENTION, size: 6 };
  const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id);
  {
    await using engine = await openFullEmbedded({ dataDir, retention });
    const { inbox } = engine;
    const { offset, epoch, notifications } = await inbox.queued("default", "1", "lobby");
    assert.deepEqual([offset, epoch, ids(notifications)], [6, "e", ["both"]]);
    const epochs = await Promise.all(["2", "3"].map((user) => inbox.sync("default", user)));
    assert.equal(new Set(epochs.map(({ epoch }) => epoch)).size, 2, "no two inboxes have one");
    assert.equal(await inbox.unread("default", "1"), 3);
    assert.equal(await inbox.unread("default", "2"), 0);
    assert.equal(await inbox.owner("default", "elsewhere"), "1");
    assert.equal((await inbox.get("default", "1", "read"))?.readAt, past);
    assert.equal((await inbox.get("default", "2", "both"))?.offset, 1);
    const since = await inbox.sync("default", "1", { offset: 3, epoch: "e" });
    assert.deepEqual(ids(since.notifications), ["sent", "both", "elsewhere"]);
    const sent = await inbox.mark("default", "1", "sent", ["sent", "both", "elsewhere"]);
    assert.deepEqual(sent, ["both", "elsewhere"]);
    // Five were there: the second that comes is one too many.
    for (const id of ["new-1", "new-2"]) await inbox.append(of("1", id));
    const listed = await inbox.list("default", "1", { limit: 9, archived: true });
    assert.deepEqual(ids(listed), ["new-2", "new-1", "elsewhere", "both", "sent", "archived"]);
    for (const id of ["a", "b"]) await inbox.append(of("3", id));
    assert.equal((await inbox.list("default", "3", { limit: 9 })).length, 2);
  }
  {
    await using again = await openFullEmbedded({ dataDir, retention });
    assert.equal(await again.inbox.unread("default", "1"), 5);
  }
  await Deno.remove(dataDir, { recursive: true });
});

function of(user: string, id: string): Notification {
  return { site: "default", user, id, room: "lobby", message: "x" };
}
