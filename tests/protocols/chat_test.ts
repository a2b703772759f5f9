/** The chat protocol, frame by frame: on one node with SQLite, and on two nodes with PostgreSQL. */
import assert from "node:assert/strict";
import { Application } from "../support/application.ts";
import { ChatClient } from "../support/chat_client.ts";
import { CHAT_WORLDS } from "../support/chat_worlds.ts";
import { patternOf } from "../support/frame_pattern.ts";
import { PNG, upload } from "../support/picture.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken, nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [what, start] of CHAT_WORLDS) {
  Deno.test(`chat protocol, ${what}: what two users say to each other`, async (t) => {
    await using world = await start();
    const { nodes } = world;
    const [here, there] = [nodes.first.webSocketUrl, nodes.last.webSocketUrl];
    const as = async (sub: string, url = here, claims = {}) =>
      await ChatClient.open(url, await connectionToken({ sub, ...claims }));

    await t.step("each frame is as the protocol has it, byte for byte", async () => {
      await using ann = await as("1");
      await using bob = await as("2", there);
      const [told] = ann.socket.texts;
      assert.equal(
        told,
        '{"success":true,"data":{"type":"auth","message":"Authentication successful"}}',
      );
      const sentAt = nowSeconds();
      const id = await ann.say(2, 'Hello "Bob" 👋');
      assert.match(
        ann.socket.texts.at(-1)!,
        patternOf('{"success":true,"data":{"type":"message","message_id":…,"timestamp":…}}'),
      );
      const [message] = await bob.get(1);
      assert.match(
        bob.socket.texts.at(-1)!,
        /^\{"type":"new_message","message":\{"id":\d+,"conversation_id":\d+,"sender_id":1,"content":"Hello \\"Bob\\" 👋","type":"text","created_at":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"\}\}$/,
      );
      assert.equal(message?.id, id);
      const at = Date.parse(`${message?.created_at.replace(" ", "T")}Z`) / 1000;
      assert.ok(at >= sentAt - 1 && at <= nowSeconds() + 1, message?.created_at);
      const read = { conversation_id: message?.conversation_id, message_id: id };
      const answer = await bob.ask({ type: "read", ...read });
      assert.deepEqual(answer, { success: true, data: { type: "read", ...read } });
      ann.socket.send({ type: "ping" });
      await ann.socket.get("pong");
      assert.match(ann.socket.texts.at(-1)!, patternOf('{"type":"pong","timestamp":…}'));
      assert.deepEqual(ann.messages, [], "who says something is answered, and told of nothing");
    });

    await t.step(
      "a conversation has one number, whoever writes first, and both at once",
      async () => {
        await using carl = await as("3");
        await using dora = await as("4", there);
        await Promise.all([carl.say("4", "one"), dora.say(3, "two")]);
        const [[one], [two]] = await Promise.all([carl.get(1), dora.get(1)]);
        assert.equal(one?.conversation_id, two?.conversation_id);
        assert.deepEqual([one?.sender_id, two?.sender_id], [4, 3]);
      },
    );

    await t.step("what comes while nobody is there waits, and comes once, in order", async () => {
      await using eve = await as("5");
      await using finn = await as("finn");
      const file = await upload(nodes.first.url, await connectionToken({ sub: "5" }));
      await eve.say(6, "one");
      await finn.say(6, "from another");
      await eve.say(6, file, { message_type: "image" });
      await eve.say(6, "x".repeat(5000));
      await using gail = await as("6", there);
      const messages = await gail.get(4);
      assert.deepEqual(
        messages.filter(({ sender_id }) => sender_id === 5).map(({ type, content }) => [
          type,
          content.slice(0, 40),
        ]),
        [["text", "one"], ["image", `/files/${file}?signature=`.slice(0, 40)], [
          "text",
          "x".repeat(40),
        ]],
      );
      const picture = messages.find(({ type }) => type === "image");
      const { content: link, file: shown } = picture!;
      assert.partialDeepStrictEqual(shown, {
        ...{ id: file, name: "cat.png", type: "image/png", bytes: PNG.length, url: link },
      });
      const answer = await fetch(nodes.last.url + link);
      assert.deepEqual(await answer.bytes(), PNG);
      // What a client has got as the content of a message, it may send on.
      await gail.say(7, link, { message_type: "image" });
      await using hugh = await as("7");
      const [sentOn] = await hugh.get(1);
      assert.equal(sentOn?.content, link);
      assert.match(
        await hugh.refused({ type: "message", to: 5, content: "x.png", message_type: "file" }),
        /'content'.*"x.png"/,
      );
      assert.deepEqual(
        messages.filter(({ content }) => content === "from another").map((each) => each.sender_id),
        ["finn"],
      );
      const last = await eve.say(6, "live");
      await gail.get(5);
      // The socket has taken them once it is known on the server.
      await waitFor("nothing comes again", async () => {
        await using again = await as("6");
        await eve.say(6, "next");
        await again.get(1);
        return again.messages[0]?.content === "next" && again.messages[0].id > last;
      });
    });

    await t.step("what was said in an archived conversation comes, too", async () => {
      await using hal = await as("15");
      await hal.say(16, "before");
      await using v2 = await TestClient.connectWithToken(
        there,
        await connectionToken({ sub: "16" }),
      );
      const { conversations } = await v2.command("conversations");
      const [{ id: conversation } = {}] = conversations as Frame[];
      await v2.command("conversation", { conversation, archived: true });
      await hal.say(16, "archived");
      await using ida = await as("16", there);
      const said = (await ida.get(2)).map(({ content }) => content);
      assert.deepEqual(said, ["before", "archived"]);
    });

    await t.step("what is sent again under the same id is the same message", async () => {
      await using ann = await as("1");
      await using bob = await as("2", there);
      const first = await ann.say(2, "once", { id: "my-own-id-1" });
      assert.equal(await ann.say(2, "once", { id: "my-own-id-1" }), first);
      assert.match(
        await ann.refused({ type: "message", to: 2, content: "other", id: "my-own-id-1" }),
        /'id'/,
      );
      await ann.say(2, "the end");
      const said = await waitFor("all came", () => {
        return bob.messages.at(-1)?.content === "the end" && bob.messages;
      });
      assert.equal(said.filter(({ id }) => id === first).length, 1);
    });

    await t.step("what is wrong is said in the document's words", async () => {
      await using ann = await as("1");
      const message = (content: unknown, more = {}) => ({
        type: "message",
        to: 2,
        content,
        ...more,
      });
      for (const content of ["", "  \n ", undefined, null, "\u200b"]) {
        assert.equal(await ann.refused(message(content)), "Message content cannot be empty");
      }
      assert.equal(await ann.refused(message("😀".repeat(5001))), "Text message too long");
      await ann.say(2, "😀".repeat(5000));
      for (const type of ["typing", "publish", undefined, 7]) {
        assert.equal(await ann.refused({ type }), "Unknown message type");
      }
      const wrong: [frame: Record<string, unknown>, error: RegExp][] = [
        [{ type: "message", content: "Hi" }, /^Missing field 'to'$/],
        [message("Hi", { to: 1.5 }), /^Cannot take field 'to': current value is 1\.5/],
        [message("Hi", { to: 1 }), /'to'|yourself/],
        [message("Hi", { message_type: "video" }), /^"video" is not a type of messages/],
        [message(["Hi"]), /^Cannot take field 'content'/],
        [message("", { message_type: "image" }), /^Message content cannot be empty$/],
        [{ type: "message", conversation_id: 999_999, content: "Hi" }, /conversation/i],
        [{ type: "read", conversation_id: 999_999, message_id: 1 }, /conversation/i],
        [{ type: "read", message_id: 1 }, /^Missing field 'conversation_id'$/],
        [{ type: "read", conversation_id: "x", message_id: 1 }, /^Cannot take field 'conv/],
      ];
      for (const [frame, error] of wrong) assert.match(await ann.refused(frame), error);
      ann.socket.sendRaw("Hello");
      ann.socket.sendRaw("[1]");
      ann.socket.sendRaw(new TextEncoder().encode('{"type":"nothing"}'));
      const errors = await waitFor("three errors", () => {
        const told = ann.socket.frames.slice(-3).map(({ error }) => String(error));
        return told[2] === "Unknown message type" && told;
      });
      assert.match(errors[0]!, /JSON/);
      assert.match(errors[1]!, /object/);
    });

    await t.step(
      "nobody speaks before it is known who it is, nor with another's token",
      async () => {
        await using nobody = await ChatClient.connect(there);
        const unknown = [{ type: "message", to: 2, content: "Hi" }, {
          type: "read",
          conversation_id: 1,
          message_id: 1,
        }];
        for (const frame of unknown) assert.equal(await nobody.refused(frame), "Not authenticated");
        const tokens = [
          "",
          "nonsense",
          await connectionToken({ exp: nowSeconds() - 60 }),
          undefined,
        ];
        for (const token of tokens) {
          await using client = await ChatClient.connect(here);
          await client.refused({ type: "auth", token });
          const { code } = await client.socket.waitClosed();
          assert.ok(code >= 3500 && code < 3600, String(code));
        }
        await using ann = await as("1");
        await ann.refused({ type: "auth", token: await connectionToken({ sub: "2" }) });
        assert.equal((await ann.socket.waitClosed()).code, 3500);
      },
    );

    await t.step("the handshake may say who it is, and choose the protocol", async () => {
      const authorization = `Bearer ${await connectionToken({ sub: "2" })}`;
      const headers = { authorization };
      await using bob = await TestClient.connectAs(there, {
        protocols: ["notifyli.chat"],
        headers,
      });
      assert.equal(bob.protocol, "notifyli.chat");
      await using ann = await as("1");
      await ann.say(2, "by header");
      await waitFor(
        "it comes without auth",
        () => bob.texts.some((text) => text.includes('"content":"by header"')),
      );
      const token = await connectionToken({ sub: "2" });
      await assert.rejects(TestClient.connect(here, { protocol: "chat", token }));
    });

    await t.step("sites are kept apart", async () => {
      await using bob = await as("2", here);
      await using other = await as("2", there, { site_id: "other" });
      await using ann = await as("1", here, { site_id: "other" });
      const before = bob.messages.length;
      await ann.say(2, "on the other site");
      await other.get(1);
      await using own = await as("1");
      await own.say(2, "here");
      const said = await waitFor("it comes", () => bob.messages.slice(before).at(-1));
      assert.deepEqual([said.content, bob.messages.length - before], ["here", 1]);
    });

    await t.step(
      "a group is spoken to by its number; a contact who blocks hears nothing",
      async () => {
        const v2 = await TestClient.connectWithToken(there, await connectionToken({ sub: "1" }));
        await using _v2 = v2;
        const { conversation } = await v2.command("conversation", {
          ...{ kind: "group", name: "Team", members: [2, 3] },
        });
        const { id: conversation_id } = conversation as Frame;
        await using bob = await as("2");
        await using carl = await as("3", there);
        const [bobs, carls] = [bob.messages.length, carl.messages.length];
        await bob.ask({ type: "message", conversation_id, content: "Hello all" });
        await v2.command("message", {
          conversation: conversation_id,
          text: "Hello Bob",
          data: [1],
        });
        await carl.get(carls + 2);
        assert.deepEqual(
          (await bob.get(bobs + 1)).slice(bobs).map((
            { sender_id, content },
          ) => [sender_id, content]),
          [[1, "Hello Bob"]],
          "neither one's own words come back, nor what says that the group was made",
        );
        await v2.command("contact", { user_id: 2, blocked: true });
        assert.match(
          await bob.refused({ type: "message", to: 1, content: "Hi" }),
          /^Cannot reach user 1$/,
        );
      },
    );

    await t.step("a session that is over, and a user who is blocked, are closed", async () => {
      await using short = await as("8", here, { expire_at: nowSeconds() + 2 });
      await using blocked = await as("9", there);
      await nodes.manager.done(nodes.first, "/users/9/block");
      assert.equal((await blocked.socket.waitClosed()).code, 3504);
      assert.equal((await short.socket.waitClosed()).code, 3014);
    });
  });
}

Deno.test("chat protocol: while Redis is away messages are stored, and come when it is back; while the database is, they are refused", async () => {
  await using postgres = await PostgresServer.start();
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, ...postgres.env } });
  await using ann = await ChatClient.open(program.webSocketUrl, "1");
  await using bob = await ChatClient.open(program.webSocketUrl, "2");
  await ann.say(2, "before");
  await bob.get(1);
  await redis.stop("SIGKILL");
  for (let count = 1; count <= 3; count++) await ann.say(2, `away ${count}`);
  await redis.restart();
  await bob.get(4);
  await postgres.stop("SIGKILL");
  const refused = await ann.refused({ type: "message", to: 2, content: "nobody stores this" });
  assert.match(refused, /database/);
  await postgres.restart();
  await waitFor("it is taken again", () => ann.say(2, "after"));
  await bob.get(5);
  assert.deepEqual(bob.messages.map(({ content }) => content), [
    ...["before", "away 1", "away 2", "away 3"],
    "after",
  ]);
});

Deno.test("chat protocol, limits: what is too fast, too many and too big is refused as for others", async () => {
  await using program = await Program.start({
    env: {
      APP_KEY,
      APP_RATE_CHAT: "1/3",
      APP_LIMIT_CONNECTIONS_USER: "2",
      APP_LIMIT_FRAME: "30000",
      APP_CHAT_TEXT: "10",
    },
  });
  const token = await connectionToken({ sub: "1" });
  await using ann = await ChatClient.open(program.webSocketUrl, token);
  assert.equal(
    await ann.refused({ type: "message", to: 2, content: "x".repeat(11) }),
    "Text message too long",
  );
  let refusal = "";
  for (let count = 0; refusal === "" && count < 10; count++) {
    const { success, error } = await ann.ask({ type: "message", to: 2, content: "fast" });
    if (success !== true) refusal = String(error);
  }
  assert.match(refusal, /wait|too/i);
  await using _second = await ChatClient.open(program.webSocketUrl, token);
  await using third = await ChatClient.connect(program.webSocketUrl);
  assert.match(await third.refused({ type: "auth", token }), /connections/);
  await third.socket.waitClosed();
  ann.socket.sendRaw(JSON.stringify({ type: "ping", filling: "x".repeat(31_000) }));
  assert.equal((await ann.socket.waitClosed()).code, 3509);
});

Deno.test("chat protocol, open server: an id is the token; an application is shown the token", async (t) => {
  await t.step("open", async () => {
    await using program = await Program.start();
    const url = program.webSocketUrl;
    await using ann = await ChatClient.open(url, "1");
    await using bob = await ChatClient.connect(url);
    assert.equal((await bob.ask({ type: "auth", user_id: 2, name: "Bob" }))["success"], true);
    await bob.say(1, "from Bob");
    assert.equal((await ann.get(1))[0]?.sender_id, 2);
    await using other = await ChatClient.connect(url);
    const token = await connectionToken();
    assert.match(await other.refused({ type: "auth", token }), /this server is open/);
    assert.equal((await other.socket.waitClosed()).code, 3500);
  });
  await t.step("asked", async () => {
    await using application = new Application(({ credentials }) =>
      Object(credentials)["token"] === "session-of-7" ? { user_id: 7 } : { allow: false }
    );
    await using program = await Program.start({ env: application.env("connect") });
    await using seven = await ChatClient.open(program.webSocketUrl, "session-of-7");
    await seven.say(8, "Hello");
    await using other = await ChatClient.connect(program.webSocketUrl);
    await other.refused({ type: "auth", token: "another" });
    await other.socket.waitClosed();
  });
});
