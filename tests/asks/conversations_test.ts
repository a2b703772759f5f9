/** May they say this in a conversation? An application says it. */
import assert from "node:assert/strict";
import { Application } from "../support/application.ts";
import { ChatClient } from "../support/chat_client.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

Deno.test("an application says what may be said in conversations, and in which words", async () => {
  await using application = new Application(({ message }) => {
    if (message === "secret") return { allow: false, reason: "Nobody says that here" };
    if (message === "damn") return { message: "****" };
    return { allow: true };
  });
  await using program = await Program.start({ env: { ...application.env("say"), APP_KEY } });
  const chat = async (sub: string) =>
    await ChatClient.open(
      program.webSocketUrl,
      await connectionToken({ sub, name: `User ${sub}` }),
    );
  await using ann = await chat("1");
  await using bob = await chat("2");
  const first = await ann.say(2, "Hello");
  const said = { type: "say", site: "default", user_id: 1, name: "User 1" };
  assert.deepEqual(application.asked, [{ ...said, to: 2, message: "Hello" }]);
  assert.equal(
    await ann.refused({ type: "message", to: 2, content: "secret" }),
    "Nobody says that here",
  );
  const [{ conversation_id } = assert.fail()] = await bob.get(1);
  await ann.ask({ type: "message", conversation_id, content: "damn" });
  assert.deepEqual((await bob.get(2)).map(({ content }) => content), ["Hello", "****"]);
  assert.deepEqual(application.asked.at(-1), {
    ...said,
    conversation: conversation_id,
    message: "damn",
  });

  const token = await connectionToken({ sub: "1", name: "User 1" });
  await using v2 = await TestClient.connectWithToken(program.webSocketUrl, token);
  const { message } = await v2.command("edit", { message: first, text: "damn" });
  assert.equal(Object(message)["text"], "****");
  await assert.rejects(v2.command("edit", { message: first, text: "secret" }), /Nobody says that/);
  const asked = application.asked.length;
  await using carl = await chat("3");
  await carl.refused({ type: "message", conversation_id, content: "from outside" });
  assert.equal(application.asked.length, asked, "of what is forbidden nobody is asked");
});
