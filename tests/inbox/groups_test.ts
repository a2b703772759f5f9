/** Groups of notifications, as commands and the library show them. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { call, INBOX_WORLDS } from "./worlds.ts";

for (const [what, start] of INBOX_WORLDS) {
  Deno.test(`groups are folded, opened, read and put away, ${what}`, async () => {
    await using world = await start();
    const { first, last } = world;
    for (
      const [id, group] of [["a-000001", "a"], ["n-000001"], ["a-000002", "a"], ["b-000001", "b"]]
    ) {
      await call(first, "POST", "/notifications", { user_id: 1, id, group, message: id });
    }
    await using client = await TestClient.connectV2(last.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const inbox = async (fields: Frame) => {
      const { notifications } = await client.command("inbox", fields);
      return (notifications as Frame[]).map(({ id, group_count, group_unread }) =>
        group_count === undefined ? [id] : [id, group_count, group_unread]
      );
    };
    assert.deepEqual(await inbox({ folded: true }), [
      ["b-000001", 1, 1],
      ["a-000002", 2, 2],
      ["n-000001"],
    ]);
    assert.deepEqual(await inbox({ group: "a" }), [["a-000002"], ["a-000001"]]);
    assert.deepEqual(await client.command("read", { group: "a" }), { unread: 2 });
    const [told] = await client.get("inbox");
    assert.partialDeepStrictEqual(told, {
      event: "read",
      ids: ["a-000001", "a-000002"],
      unread: 2,
    });
    assert.deepEqual((await inbox({ folded: true }))[1], ["a-000002", 2, 0]);
    await assert.rejects(client.command("archive", { group: "x\ny" }), /group/);
    await assert.rejects(client.command("archive", {}), /missing_field.*ids/);

    const library = connect({ url: first.webSocketUrl, userId: 1 });
    using _library = { [Symbol.dispose]: () => library.close() };
    await waitFor("it is online", () => library.state.kind === "online");
    const folded = await library.notifications.folded();
    assert.deepEqual(
      folded.map(({ id, groupCount, groupUnread }) => [id, groupCount, groupUnread]),
      [
        ["b-000001", 1, 1],
        ["a-000002", 2, 0],
        ["n-000001", undefined, undefined],
      ],
    );
    const opened = await Promise.all(folded.map((each) => each.open()));
    assert.deepEqual(opened.map((each) => each.map(({ id }) => id)), [
      ["b-000001"],
      ["a-000002", "a-000001"],
      ["n-000001"],
    ]);
    assert.equal(await library.notifications.archive({ group: "b" }), 1);
    assert.deepEqual(await inbox({ folded: true }), [["a-000002", 2, 0], ["n-000001"]]);
    assert.equal(await library.notifications.delete({ group: "a" }), 1);
    assert.deepEqual(await inbox({ folded: true, archived: true }), [["b-000001", 1, 0], [
      "n-000001",
    ]]);
  });
}
