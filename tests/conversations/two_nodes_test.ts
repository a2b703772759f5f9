/** Two nodes that change the same conversations at the same time, in transactions of several conversations each. */
import { TwoNodes } from "../support/lock_order.ts";
import { as, World } from "./world.ts";

const [alice, bob, carol] = [as("1"), as("2"), as("3")];

Deno.test("what is said in the same conversations waits in one order on all nodes", async () => {
  await using nodes = await TwoNodes.open();
  await using one = await World.open(nodes.one);
  await using two = await World.open(nodes.two);
  const { message } = await one.chat.send(alice, { to: "2", text: "first" });
  const { message: other } = await one.chat.send(alice, { to: "3", text: "other" });
  const [conversation, held] = [message.conversation, other.conversation];
  await nodes.both(
    `SELECT id FROM conversations WHERE id = ${held}`,
    () => [
      one.chat.send(bob, { conversation, text: "answer", replyTo: message.id }), // it asks for more before it writes
      one.chat.send(carol, { conversation: held, text: "plain" }),
    ],
    () => [conversation, held].map((id) => two.chat.send(alice, { conversation: id, text: "too" })),
  );
});
