/** The limits of conversations: each is reached, told by its code, and counted. */
import assert from "node:assert/strict";
import { testDatabases } from "../support/databases.ts";
import { as, World } from "./world.ts";

const [alice, bob] = [as("1"), as("2")];

testDatabases("limits of conversations", async (database) => {
  await using world = await World.open(database, {
    ...{ APP_CHAT_MEMBERS: "3", APP_CHAT_CONVERSATIONS: "2", APP_CHAT_TEXT: "5" },
    ...{ APP_CHAT_EDIT: "0s", APP_CHAT_UNSEND: "0s", APP_RATE_CHAT: "1/4" },
  });
  const { chat } = world;
  const group = (...members: string[]) => chat.open(alice, { kind: "group", members });
  await assert.rejects(group("2", "3", "4"), { code: "too_many_members" });
  const { conversation: { id } } = await group("2", "3");
  await assert.rejects(chat.change(alice, id, { add: ["4"] }), { code: "too_many_members" });
  await group();
  await assert.rejects(group(), { code: "too_many_conversations" });
  await assert.rejects(chat.send(bob, { to: "1", text: "Hi" }), { code: "too_many_conversations" });
  await assert.rejects(chat.send(alice, { conversation: id, text: "123456" }), {
    code: "too_long",
  });
  const { message } = await chat.send(alice, { conversation: id, text: "12345" });
  await assert.rejects(chat.edit(alice, message.id, { text: "Other" }), { code: "too_late" });
  const { message: other } = await chat.send(bob, { conversation: id, text: "Hi" });
  await assert.rejects(chat.unsend(bob, other.id), { code: "too_late" });
  await assert.rejects(
    (async () => {
      for (let count = 0; count < 6; count++) {
        await chat.send(alice, { conversation: id, text: "Hi" });
      }
    })(),
    { code: "rate_limited" },
  );
});
