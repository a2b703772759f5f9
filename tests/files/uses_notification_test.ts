/** Files in notifications: on one node with SQLite, and on two nodes with Redis and PostgreSQL, which have a listener each. */
import assert from "node:assert/strict";
import { rows } from "../../lib/engines/database/database.ts";
import { parseNotification } from "../../lib/inbox/notification.ts";
import { type NotificationRequest, Notifier } from "../../lib/inbox/notify.ts";
import { Publisher } from "../../lib/publisher/publisher.ts";
import { readConfig } from "../../lib/configuration.ts";
import { APPLICATION } from "../conversations/world.ts";
import { testDatabases } from "../support/databases.ts";
import { usesWorld } from "./uses_world.ts";
import { applicationOf, type Caller, type Json, userOf } from "../support/chat.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { run, taskCommand } from "../support/command.ts";
import { EventStream } from "../support/event_stream.ts";
import { PNG, upload } from "../support/picture.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const SCOPES = ["publish", "read", "files:read", "files:write", "manage"];

for (const [what, start] of CHAT_WORLDS) {
  Deno.test(`files in notifications, ${what}`, async (t) => {
    await using world = await start();
    const { first, last, redis } = world.nodes;
    const app = await applicationOf(first, SCOPES);
    const stored = (name = "cat.png", bytes: BodyInit = PNG) =>
      upload(first.url, app.bearer, { name, bytes });
    const gone = (id: string) =>
      waitFor(`the file ${id} is gone`, async () => {
        const { status } = await app.call("GET", `/files/${id}`);
        return status === 404;
      });
    const isThere = async (id: string) => (await app.call("GET", `/files/${id}`)).status === 200;
    const [text, picture] = [await stored("a b.txt", "some words"), await stored()];

    await t.step("they come with links, by every protocol, live and from the inbox", async () => {
      const bob = await userOf(last, 2);
      await using v2 = await TestClient.connectWithToken(last.webSocketUrl, bob.bearer);
      await v2.command("inbox");
      await using v1 = await TestClient.connect(first.webSocketUrl);
      v1.send({ type: "auth", token: bob.bearer });
      v1.send({ type: "keepalive", user_id: 2, room: "1", name: "Bob" });
      await v1.settled();
      await using stream = await EventStream.open(`${last.url}/sse?room=1`, "", {
        authorization: `Bearer ${bob.bearer}`,
      });
      const { id } = await app.done("POST", "/notifications", {
        ...{ user_id: 2, room: "1", message: "See here" },
        ...{ attachments: [text, picture, text], image: picture },
      });
      const link = (await app.done("GET", `/files/${picture}`))["url"];
      const seen = (frame: Json | undefined) => {
        const { attachments, image } = frame ?? {};
        assert.deepEqual((attachments as Json[]).map(({ id }) => id), [text, picture]);
        const [words] = attachments as Json[];
        assert.partialDeepStrictEqual(words, { name: "a b.txt", bytes: 10 });
        assert.partialDeepStrictEqual(image, {
          ...{ id: picture, name: "cat.png", type: "image/png", bytes: PNG.length, url: link },
        });
        assert.deepEqual((attachments as Json[])[1], image);
      };
      for (const client of [v2, v1, stream]) {
        const found = await waitFor("the notification", () => {
          const of = (each: Frame) => each["type"] === "direct_message" && each["id"] === id;
          return client.frames.find(of);
        });
        seen(found);
      }
      const { notifications } = await v2.command("inbox");
      seen((notifications as Json[])[0]);
      const answer = await fetch(`${last.url}${link}`);
      assert.deepEqual(await answer.bytes(), PNG);
      assert.equal(await statusOf(bob, text), 200, "its user reads it without a link");
      assert.equal(await statusOf(await userOf(first, 3), text), 404, "and nobody else");

      const plain = await app.done("POST", "/notifications", { user_id: 2, message: "No files" });
      const frame = await waitFor(
        "a notification without files",
        () => v1.frames.find((each) => each["id"] === plain["id"]),
      );
      assert.ok(!("attachments" in frame) && !("image" in frame), "it is as it always was");
    });

    await t.step("files alone are told by what they are called", async () => {
      await using v1 = await TestClient.connect(first.webSocketUrl);
      v1.send({ type: "auth", token: (await userOf(first, 11)).bearer });
      v1.send({ type: "keepalive", user_id: 11, room: "1", name: "Eve" });
      await v1.settled();
      for (
        const [fields, says] of [
          [{ image: picture }, "cat.png"],
          [{ attachments: [text, picture], message: "" }, "a b.txt +1"],
          [{ attachments: [picture], image: picture, message: null }, "cat.png"],
          [{ attachments: [picture], data: { for: "programs" } }, ""],
        ] as const
      ) {
        const { id } = await app.done("POST", "/notifications", {
          ...{ user_id: 11, room: "1" },
          ...fields,
        });
        const frame = await waitFor(
          "the notification",
          () => v1.frames.find((each) => each["id"] === id),
        );
        assert.equal(frame["message"], says);
      }
      const { status } = await app.call("POST", `/users/11/notifications?image=${picture}`, "", {
        "content-type": "text/plain",
      });
      assert.equal(status, 201, "with curl, too");
      for (const fields of [{}, { attachments: [] }, { attachments: "", image: " " }]) {
        const { json } = await app.call("POST", "/notifications", { user_id: 11, ...fields });
        assert.deepEqual([json["code"], json["field"]], ["missing_field", "message"]);
      }
    });

    await t.step("what is no file of the site, or no picture, is refused by name", async () => {
      const other = await applicationOf(first, SCOPES, "shop");
      const foreign = await upload(first.url, other.bearer);
      const eleven = await Promise.all(Array.from({ length: 11 }, (_, n) => stored(`${n}.png`)));
      for (
        const [fields, field, says] of [
          [{ attachments: [foreign] }, "attachments", /a file of the site/],
          [{ image: "nothing-has-this-id-01" }, "image", /a file of the site/],
          [{ image: text }, "image", /begins with image\//],
          [{ image: "x.png" }, "image", /22 characters/],
          [{ attachments: eleven }, "attachments", /at most 10/],
          [{ attachments: { id: text } }, "attachments", /a list/],
          [{ attachments: [5] }, "attachments", /22 characters/],
        ] as const
      ) {
        const { status, json } = await app.call("POST", "/notifications", {
          ...{ user_id: 4, message: "Hi" },
          ...fields,
        });
        assert.deepEqual([status, json["field"]], [400, field]);
        assert.match(String(json["message"]), says);
      }
      const { length } = await inboxOf(await userOf(first, 4));
      assert.equal(length, 0);
      assert.equal(await statusOf(await userOf(first, 4), text), 404, "nothing is noted");
    });

    await t.step("a changed notification has its new files, and no others", async () => {
      const [before, after, image] = [await stored(), await stored("b.png"), await stored()];
      const { id } = await app.done("POST", "/notifications", {
        ...{ user_id: 12, message: "Hi", attachments: [before], image },
      });
      const twelve = await userOf(last, 12);
      await app.done("PATCH", `/notifications/${id}`, { title: "Changed" });
      await app.done("PATCH", `/notifications/${id}`, { attachments: [after], message: null });
      const [shown] = await inboxOf(twelve);
      const { attachments, message } = shown as Json;
      assert.deepEqual((attachments as Json[]).map(({ name }) => name), ["b.png"]);
      assert.equal(message, "cat.png +1", "what is said by files alone");
      await gone(before!);
      assert.equal(await statusOf(twelve, after!), 200, "its user reads it");
      assert.ok(await isThere(image!));

      const wrong = await app.call("PATCH", `/notifications/${id}`, { image: text });
      assert.deepEqual([wrong.status, wrong.json["field"]], [400, "image"]);
      assert.ok(await isThere(image!), "what is refused changes nothing");
      await twelve.done("PUT", `/users/12/notifications/${id}/snooze`, { until: "2d" });
      assert.ok(await isThere(after!), "what is put off keeps its files");
      await app.done("DELETE", `/notifications/${id}`);
      await gone(after!);
      await gone(image!);
      const none = await stored();
      const missing = await app.call("PATCH", "/notifications/none-0001?user_id=12", {
        attachments: [none],
      });
      assert.equal(missing.status, 404);
      await gone(none!);
    });

    await t.step(
      "two who change its files at once, on two nodes, leave those that it has",
      async () => {
        const other = await applicationOf(last, SCOPES);
        const user = await userOf(last, 14);
        for (let round = 0; round < 8; round++) {
          const files = [await stored("before.png"), await stored("b.png"), await stored("c.png")];
          const [before, ...changed] = files;
          const { id } = await app.done("POST", "/notifications", {
            ...{ user_id: 14, message: "Hi", attachments: [before] },
          });
          await Promise.all(
            [app, other].map((each, at) =>
              each.done("PATCH", `/notifications/${id}`, { attachments: [changed[at]] })
            ),
          );
          const shown = (await inboxOf(user)).find((each) => (each as Json)["id"] === id) as Json;
          const [has] = (shown["attachments"] as Json[]).map(({ id }) => String(id));
          assert.ok(changed.includes(has!));
          for (const file of files) if (file !== has) await gone(file!);
          assert.equal(await statusOf(user, has!), 200, "what it has is there");
        }
      },
    );

    await t.step("a file goes with the last notification that has it", async () => {
      const send = async (user: number, file: string, more: Json = {}) =>
        await app.done("POST", "/notifications", {
          ...{ user_id: user, message: "Hi", attachments: [file] },
          ...more,
        });
      const [deleted, withdrawn, cancelled, erased] = [
        ...[await stored(), await stored(), await stored(), await stored()],
      ];
      const one = await send(5, deleted!, { id: "own-id-0001" });
      const two = await send(6, deleted!);
      assert.equal((await send(5, deleted!, { id: "own-id-0001" }))["id"], one["id"]);
      await remove(5, String(one["id"]));
      assert.ok(await isThere(deleted!), "another user's notification has it");
      await remove(6, String(two["id"]));
      await gone(deleted!);

      // What was deleted before it is sent again under the same id leaves nothing in use.
      const twice = await stored();
      await send(5, twice, { id: "own-id-0002" });
      await remove(5, "own-id-0002");
      await gone(twice);
      const again = await stored();
      await send(5, again, { id: "own-id-0002" });
      await gone(again);

      const { id } = await send(5, withdrawn!);
      await app.done("DELETE", `/notifications/${id}`);
      await gone(withdrawn!);
      const at = { deliver_at: nowSeconds() + 3600 };
      const scheduled = await send(5, cancelled!, at);
      await app.done("DELETE", `/notifications/${scheduled["id"]}`);
      await gone(cancelled!);
      const later = await stored();
      await send(8, erased!);
      await send(8, later, at);
      await app.done("DELETE", "/users/8/data");
      await gone(erased!);
      await gone(later);
    });

    async function remove(user: number, id: string): Promise<void> {
      await using client = await clientOf(await userOf(last, user));
      await client.command("delete", { ids: [id] });
    }

    await t.step("a scheduled one has its files when it comes", async () => {
      const file = await stored();
      await app.done("POST", "/users/9/notifications", {
        ...{ message: "Later", image: file, deliver_at: nowSeconds() + 1 },
      });
      const [found] = await waitFor("it is in the inbox", async () => {
        const inbox = await inboxOf(await userOf(last, 9));
        return inbox.length > 0 && inbox;
      });
      assert.partialDeepStrictEqual(found, { image: { id: file, type: "image/png" } });
      const curled = await app.call(
        "POST",
        `/users/9/notifications?image=${file}&attachments=${file},${text}`,
        "Just words",
        { "content-type": "text/plain" },
      );
      assert.equal(curled.status, 201);
      const [latest] = await inboxOf(await userOf(last, 9));
      assert.deepEqual((latest?.["attachments"] as Json[]).map(({ id }) => id), [file, text]);
    });

    if (redis === undefined) return;
    await t.step("by PUBLISH, by a stream's entry, and by the command line", async () => {
      await using publisher = new Publisher({ port: redis.port });
      const files = { attachments: [text, picture], image: picture };
      for (const durable of [false, true]) {
        await publisher.publish({ userId: 10, room: "1", message: "Hi", ...files, durable });
      }
      const env = { ...redis.env };
      const sent = await run([
        ...taskCommand("send"),
        ...["-u", "10", "-m", "Hi"],
        ...["--attach", `${text},${picture}`, "--image", picture],
      ], { env });
      assert.equal(sent.code, 0, sent.stderr);
      const inbox = await waitFor("all three", async () => {
        const found = await inboxOf(await userOf(last, 10));
        return found.length === 3 && found;
      });
      for (const { attachments, image } of inbox) {
        assert.deepEqual((attachments as Json[]).map(({ id }) => id), [text, picture]);
        assert.equal((image as Json)["id"], picture);
      }
    });
  });
}

testDatabases("a notification has its files until nobody gets it any more", async (database) => {
  await using uses = await usesWorld(database, { APP_LIMIT_INBOX_DAYS: "2" });
  const { world: { kernel, userData }, stored, files, gone } = uses;
  const notifier = kernel.use(Notifier);
  const ended = async (more: Partial<NotificationRequest>) => {
    const id = await stored(APPLICATION, "a.png", PNG);
    await notifier.notify({
      ...{ site: "default", user: "1", room: "1", from: "Shop", message: "Hi", image: id },
      ...more,
    });
    const found = await database.query("SELECT until_at FROM file_uses WHERE file = $1", id);
    return { id, until: Number(found[0]?.["until_at"]) };
  };
  const now = Math.floor(Date.now() / 1000);
  const { until } = await ended({});
  const days = (until / 1000 - now) / 86_400;
  assert.ok(days >= 3 && days < 3.1, `${days} days: those of the inbox, and one more`);
  const later = await ended({ deliverAt: now + 86_400 });
  assert.ok(later.until >= until + 86_000_000, "from when it comes");
  assert.equal((await ended({ expiresAt: now + 7200 })).until, (now + 7200) * 1000);

  const records = await Array.fromAsync(userData.export({ site: "default", user: "1" }));
  const images = records.flatMap(({ image }) => image === undefined ? [] : [image]);
  assert.equal(images.length, 3);
  for (const image of images as { id: string; url: string }[]) {
    assert.equal(image.url, files.linkTo(image.id));
  }

  // What is over is found by the sweep.
  const over = await ended({});
  await database.transaction(() =>
    rows("UPDATE file_uses SET until_at = 1 WHERE file = $1", over.id)
  );
  files.sweeper.soon();
  await gone(over.id);
});

Deno.test("the ids of files are read from lists and from text", () => {
  const [one, two] = ["a".repeat(22), "b".repeat(22)];
  const { limits } = readConfig({}).config;
  const read = (fields: Json) => {
    const all = { user_id: 1, message: "Hi", ...fields };
    const { attachments, image } = parseNotification(all, { limits, defaultRoom: "1" });
    return [attachments, image];
  };
  assert.deepEqual(read({ attachments: [one, two, one], image: two }), [[one, two], two]);
  assert.deepEqual(read({ attachments: `["${one}"]`, image: "" }), [[one], undefined]);
  assert.deepEqual(read({ attachments: `${one}, ${two}` }), [[one, two], undefined]);
  assert.deepEqual(read({ attachments: null, image: " " }), [undefined, undefined]);
  assert.throws(() => read({ attachments: "[x" }), /attachments.*a list/);
});

async function clientOf(caller: Caller): Promise<TestClient> {
  return await TestClient.connectWithToken(caller.program.webSocketUrl, caller.bearer);
}

async function inboxOf(caller: Caller): Promise<Json[]> {
  await using client = await clientOf(caller);
  return (await client.command("inbox"))["notifications"] as Json[];
}

async function statusOf(caller: Caller, file: string): Promise<number> {
  return (await caller.call("GET", `/files/${file}`)).status;
}
