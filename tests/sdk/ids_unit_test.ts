/** Ids: of users on the wire, of new messages, and of messages that were seen. */
import assert from "node:assert/strict";
import { wireUserId } from "../../lib/sdk/core/frames.ts";
import { newMessageId, SeenIds } from "../../lib/sdk/core/ids.ts";

Deno.test("wireUserId() writes a number only where nothing is lost", () => {
  assert.equal(wireUserId("123"), 123);
  for (const id of ["0123", "1.0", "1e3", "", "90071992547409931", "usr_1"]) {
    assert.equal(wireUserId(id), id);
  }
});

Deno.test("newMessageId() makes ids that the protocol allows, each another one", () => {
  assert.match(newMessageId(), /^[A-Za-z0-9_-]{8,64}$/);
  assert.notEqual(newMessageId(), newMessageId());
});

Deno.test("SeenIds forgets the oldest id when it is full", () => {
  const seen = new SeenIds(2);
  assert.deepEqual(["a", "a", "b", "c"].map((id) => seen.add(id)), [true, false, true, true]);
  assert.deepEqual([seen.add("c"), seen.add("a")], [false, true]);
});
