/** Notifications of messages in conversations, for users who do not hear them: one of each conversation. */
import assert from "node:assert/strict";
import { userOf } from "../support/chat.ts";
import { ChatClient } from "../support/chat_client.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { inboxOf, type Notice } from "./inbox.ts";

for (const [what, start] of CHAT_WORLDS) {
  Deno.test(`notifications of conversations, ${what}`, async (t) => {
    // What is said while a socket closes is told at the age of two and a half of these.
    await using world = await start({ APP_KEEPALIVE_SECONDS: "4" });
    const [here, there] = [world.nodes.first.webSocketUrl, world.nodes.last.webSocketUrl];
    const chat = async (sub: string, url = here) =>
      await ChatClient.open(url, await connectionToken({ sub, name: `User ${sub}` }));
    const waitForInbox = async (sub: string, expected: Notice[]) => {
      const text = JSON.stringify(expected);
      await waitFor(`the inbox of ${sub} has ${text}`, async () => {
        const inbox = JSON.stringify(await inboxOf(there, sub));
        if (inbox !== text) throw new Error(inbox);
        return true;
      });
    };

    await t.step(
      "who hears nothing gets one, which counts, and which is gone once it is read",
      async () => {
        await using ann = await chat("1");
        await using carl = await chat("3", there);
        await ann.say(2, "Hello Bob");
        await waitForInbox("2", [["User 1", "Hello Bob", 1]]);
        await ann.say(2, "Are you\nthere?");
        const two = ["User 1", "2 new messages. The last: Are you there?", 2] as const;
        await waitForInbox("2", [[...two]]);
        await carl.say(2, "Hi");
        await waitForInbox("2", [[...two], ["User 3", "Hi", 1]]);
        await ann.say(2, "long ".repeat(100));
        const long = `${"long ".repeat(40).trim().slice(0, 199)}…`;
        await waitForInbox("2", [["User 3", "Hi", 1], [
          "User 1",
          `3 new messages. The last: ${long}`,
          3,
        ]]);
        await using bob = await chat("2", there);
        const messages = await bob.get(4);
        const last = messages.findLast(({ sender_id }) => sender_id === 1);
        await bob.ask({
          type: "read",
          conversation_id: last?.conversation_id,
          message_id: last?.id,
        });
        await waitForInbox("2", [["User 3", "Hi", 1]]);
        await bob.say(3, "an answer");
        await waitForInbox("2", []);

        await ann.say(2, "Bob hears this");
        await bob.get(5);
        await bob.close();
        await ann.say(2, "but not this");
        await waitForInbox("2", [["User 1", "but not this", 1]]);
      },
    );

    await t.step(
      "in a group: none where it is muted or blocked, but for who is mentioned",
      async () => {
        const v2 = async (sub: string) =>
          await TestClient.connectWithToken(
            there,
            await connectionToken({ sub, name: `User ${sub}` }),
          );
        await using ann = await v2("11");
        await using bob = await v2("12");
        await using carl = await v2("13");
        const members = [12, 13, 14];
        const made = await ann.command("conversation", { kind: "group", name: "Team", members });
        const { id: conversation } = made["conversation"] as Frame;
        await bob.command("conversation", { conversation, muted: true });
        const say = async (text: string, more: Frame = {}) =>
          (await ann.command("message", { conversation, text, ...more }))["message"] as Frame;
        await say("Hello all");
        await waitForInbox("13", [["Team", "User 11: Hello all", 1]]);
        await waitForInbox("14", [["Team", "User 11: Hello all", 1]]);
        await carl.command("contact", { user_id: 11, blocked: true });
        const { id } = await say("Look, Bob", { mentions: [12] });
        await waitForInbox("14", [["Team", "2 new messages. The last, by User 11: Look, Bob", 2]]);
        await waitForInbox("12", [["Team", "User 11: Look, Bob", 1]]);
        await ann.command("unsend", { message: id });
        await waitForInbox("14", [["Team", "2 new messages. The last, by User 11: (deleted)", 2]]);
        await waitForInbox("12", []);
        assert.deepEqual(await inboxOf(there, "13"), [["Team", "User 11: Hello all", 1]]);
        await ann.command("conversation", { conversation, remove: [13, 14] });
        await waitForInbox("13", []);
        await waitForInbox("14", []);
      },
    );

    await t.step("what is read at the moment at which it is told leaves none", async () => {
      await using ann = await chat("41");
      await using carl = await chat("43", there);
      const bob = await userOf(world.nodes.last, 42);
      const group = { kind: "group", name: "Team", members: [41, 43] };
      for (let round = 1; round <= 8; round++) {
        // A new one, of which nothing was told just before: so the first message is told at once.
        const { id: conversation_id } = await bob.done("POST", "/conversations", group);
        const message = { type: "message", conversation_id, content: `round ${round}` };
        // What comes while the first is being told is told together after it.
        const said = await Promise.all([ann, carl].map((each) => each.ask(message)));
        const ids = said.map(({ data }) => Number(Object(data)["message_id"]));
        await bob.done("POST", `/conversations/${conversation_id}/read`, {
          message: Math.max(...ids),
        });
      }
      await carl.say(42, "the end");
      await waitForInbox("42", [["User 43", "the end", 1]]);
    });

    await t.step("what two nodes tell at the same time quotes what was said last", async () => {
      await using ann = await chat("51");
      await using carl = await chat("53", there);
      const bob = await userOf(world.nodes.last, 52);
      const group = { kind: "group", name: "Team", members: [51, 53] };
      const expected: Notice[] = [];
      for (let round = 1; round <= 4; round++) {
        const { id: conversation_id } = await bob.done("POST", "/conversations", group);
        const say = (by: ChatClient, content: string) =>
          by.ask({ type: "message", conversation_id, content });
        await say(ann, "one");
        await say(ann, "two"); // is told a little later than the first
        await say(carl, "three");
        expected.push(["Team", "3 new messages. The last, by User 53: three", 3]);
      }
      await waitForInbox("52", expected);
    });

    await t.step("what is deleted before it is told leaves none of its words", async () => {
      await using ann = await chat("61");
      await using other = await TestClient.connectWithToken(
        there,
        await connectionToken({ sub: "61" }),
      );
      await ann.say(62, "first");
      const message = await ann.say(62, "secret"); // is told a little later
      await other.command("unsend", { message });
      await ann.say(64, "one");
      await ann.say(64, "two");
      // By now it would have been told.
      await waitForInbox("64", [["User 61", "2 new messages. The last: two", 2]]);
      await waitFor("no word of it is left", async () => {
        const [[, text = ""] = [], ...rest] = await inboxOf(there, "62");
        return rest.length === 0 && ["first", "2 new messages. The last: (deleted)"].includes(text);
      });
    });

    await t.step("who looks after contacts alone hears no messages, and gets one", async () => {
      await using v2 = await TestClient.connectWithToken(
        there,
        await connectionToken({ sub: "31" }),
      );
      await v2.command("contacts");
      await using ann = await chat("30");
      await ann.say(31, "Hello");
      await waitForInbox("31", [["User 30", "Hello", 1]]);
      await v2.settled();
      assert.ok(!v2.frames.some(({ type }) => type === "new_message"));
    });

    await t.step("nothing of a user is left in others' inboxes once it was erased", async () => {
      const { nodes: { first, manager } } = world;
      {
        await using ann = await chat("21");
        await ann.say(22, "a secret");
        await ann.say(23, "a secret");
        await ann.say(23, "another one");
      }
      await waitForInbox("22", [["User 21", "a secret", 1]]);
      await waitForInbox("23", [["User 21", "2 new messages. The last: another one", 2]]);
      assert.equal((await manager.call(first, "DELETE", "/users/21/data")).status, 200);
      await waitForInbox("22", []);
      await waitForInbox("23", [["system", "2 new messages. The last: (deleted)", 2]]);
    });
  });
}

Deno.test("notifications of conversations can be switched off", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_CHAT_NOTIFY: "false" } });
  const url = program.webSocketUrl;
  await using ann = await ChatClient.open(url, await connectionToken({ sub: "1" }));
  await ann.say(2, "Hello");
  await using bob = await ChatClient.open(url, await connectionToken({ sub: "2" }));
  await bob.get(1);
  await ann.say(2, "Hello again");
  await bob.get(2);
  assert.deepEqual(await inboxOf(url, "2"), []);
});
