/** Files on their way in through RabbitMQ, and on their way out to an endpoint that hears of events, on all databases. */
import assert from "node:assert/strict";
import { applicationOf, type Caller, type Json, listening, userOf } from "../support/chat.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { PNG, upload } from "../support/picture.ts";
import { Rabbit, RabbitSender } from "../support/rabbit.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

let rabbit: Rabbit;

Deno.test.beforeAll(async () => {
  rabbit = await Rabbit.start();
});

Deno.test.afterAll(async () => {
  await rabbit[Symbol.asyncDispose]();
});

for (const [at, [what, start]] of CHAT_WORLDS.entries()) {
  const queue = `files-${at}`;

  Deno.test(`notifications with files come through RabbitMQ (${what})`, async () => {
    await using sender = await RabbitSender.open(rabbit.url, queue);
    await using world = await start({ AMQP_URL: rabbit.url, AMQP_QUEUE: queue });
    const { first, last } = world.nodes;
    const app = await applicationOf(first, ["files:read", "files:write", "read"]);
    const text = await upload(first.url, app.bearer, { name: "bill.txt", bytes: "12.50" });
    const picture = await upload(first.url, app.bearer);
    const bob = await userOf(last, 2);
    await using client = await TestClient.connectWithToken(last.webSocketUrl, bob.bearer);
    const shop = await applicationOf(first, ["files:write"], "shop");
    const foreign = await upload(first.url, shop.bearer);

    const given = { user_id: 2, room: "orders", from: "Shop" };
    await sender.send({ ...given, message: "See", attachments: [text, picture], image: picture });
    await sender.send({ ...given, attachments: `${text}, ${picture}` }); // files alone, as a form writes them
    await sender.send({ ...given, message: "No", image: text });
    await sender.send({ ...given, message: "No", attachments: [foreign] });
    const frames = await client.get("direct_message", 2);
    for (const [frame, message] of [[frames[0], "See"], [frames[1], "bill.txt +1"]] as const) {
      assert.equal(frame?.["message"], message);
      const [words, image] = frame?.["attachments"] as Json[];
      assert.partialDeepStrictEqual(words, { id: text, name: "bill.txt", bytes: 5 });
      assert.partialDeepStrictEqual(image, { id: picture, type: "image/png", bytes: PNG.length });
      assert.equal(await textAt(last.url, words?.["url"]), "12.50");
    }
    assert.deepEqual((frames[0]?.["image"] as Json)["id"], picture);
    assert.equal(frames[1]?.["image"], undefined);
    assert.equal((await bob.call("GET", `/files/${text}`)).status, 200, "it is the user's to read");
    assert.equal((await (await userOf(first, 3)).call("GET", `/files/${text}`)).status, 404);

    // What names no file of the site, or no picture, is put aside with the reason.
    const reasons: string[] = [];
    await waitFor("both are put aside", async () => {
      for (const { properties: { headers } } of await sender.dead()) {
        reasons.push(String(headers?.["x-notifyli-reason"]));
      }
      return reasons.length === 2;
    });
    assert.match(reasons[0] ?? "", /'image'.*begins with image\//);
    assert.match(reasons[1] ?? "", /'attachments'.*a file of the site/);
    await waitFor("the queue is empty", async () => await rabbit.left(queue) === 0);
    await client.settled();
    assert.equal(client.ofType("direct_message").length, 2);

    // Taken back from the inbox, nothing uses them any more.
    await client.command("delete", { ids: frames.map(({ id }) => id) });
    for (const id of [text, picture]) await gone(app, id);
  });

  Deno.test(`an endpoint hears of messages with files, and reads them (${what})`, async () => {
    await using receiver = new Receiver();
    await using world = await start(
      hookEnv(receiver.url, { HOOK_EVENTS: "conversation.message*" }),
    );
    const { first, last } = world.nodes;
    const alice = await userOf(first, 1, { name: "Alice" });
    const picture = await upload(first.url, alice.bearer);
    await using hers = await listening(alice);
    const { message } = await hers.command("message", {
      ...{ to: 2, kind: "image", file: picture, text: "Look" },
    });
    const { id, conversation, file } = message as Json;
    const elsewhere = "https://shop.example/bill.pdf";
    await hers.command("message", { conversation, kind: "file", file: elsewhere });
    await hers.command("edit", { message: id, text: "Look!" });
    await hers.command("unsend", { message: id });
    const events = await receiver.getEvents(4);
    const [said, other, edited, deleted] = events;
    assert.deepEqual(events.map(({ event }) => event.replace("conversation.", "")), [
      ...["message", "message", "message_edited", "message_deleted"],
    ]);
    const { url, ...facts } = file as Json;
    for (const [each, words] of [[said, "Look"], [edited, "Look!"]] as const) {
      assert.partialDeepStrictEqual(each?.data, { id, kind: "image", message: words, file: facts });
    }
    assert.match(String(url), /^\/files\/.+\?signature=/);
    assert.equal((said?.data["file"] as Json)["url"], url);
    assert.deepEqual(other?.data["file"], { id: elsewhere, url: elsewhere });
    assert.equal(deleted?.data["file"], undefined);
    const gone = await fetch(`${last.url}${url}`);
    await gone.body?.cancel();
    assert.equal(gone.status, 404, "it went with its message");

    // As long as the message is there, whoever is told of it reads the file by the link alone.
    const plan = await upload(first.url, alice.bearer, { name: "plan.txt", bytes: "Our plan" });
    await hers.command("message", { conversation, kind: "file", file: plan });
    const told = (await receiver.getEvents(5))[4]?.data["file"] as Json;
    assert.partialDeepStrictEqual(told, { id: plan, name: "plan.txt", bytes: 8 });
    assert.equal(await textAt(last.url, told["url"]), "Our plan");
  });
}

async function textAt(url: string, path: unknown): Promise<string> {
  const answer = await fetch(`${url}${path}`);
  assert.equal(answer.status, 200);
  return await answer.text();
}

async function gone(app: Caller, id: string): Promise<void> {
  await waitFor(`the file ${id} is gone`, async () => {
    return (await app.call("GET", `/files/${id}`)).status === 404;
  });
}
