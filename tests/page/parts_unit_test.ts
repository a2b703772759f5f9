/** The page's small parts: what is configured, remembered, written and shown. */
import assert from "node:assert/strict";
import { DEFAULT_CONFIG, parseConfig } from "../../lib/page/config.ts";
import { problemOf } from "../../lib/page/session/identity.ts";
import {
  enqueue,
  fail,
  remove,
  retry,
  take,
  unsent,
  withoutUnseenOf,
  type Written,
  WRITTEN_LIMIT,
} from "../../lib/page/state/written.ts";
import { readPrefill, withoutPrefill } from "../../lib/page/session/prefill.ts";
import { curlLine, redisLine } from "../../lib/page/recipes.ts";
import { initials, shownText, splitLinks } from "../../lib/sdk/view/text.ts";

Deno.test("parseConfig() takes what is well-formed and defaults for the rest", () => {
  assert.deepEqual(parseConfig(null), DEFAULT_CONFIG);
  assert.deepEqual(parseConfig({ bot_room: 7, open: "yes" }), {
    ...DEFAULT_CONFIG,
    bot_room: "7",
  });
  const config = {
    version: "0.1.0",
    bot_room: "bots",
    open: true,
    tokens: false,
    message_channel: "m",
    files: { max_bytes: 100, types: ["image/*"] },
  };
  assert.deepEqual(parseConfig({ ...config, push_key: "BA" }), { ...config, pushes: true });
  assert.equal(parseConfig({ open: false }).tokens, true);
  const odd = { files: { max_bytes: "all", types: [1, "text/plain"] } };
  assert.deepEqual(parseConfig(odd).files, { max_bytes: null, types: ["text/plain"] });
});

Deno.test("the written messages keep their order, fail and are tried again", () => {
  let written = ["a", "b", "c"].map(entry).reduce(enqueue, [] as Written);
  written = fail(remove(written, "a"), "b", "too fast");
  assert.deepEqual(unsent(written).map(({ id }) => id), ["c"]);
  written = retry(written, "b", 9);
  assert.deepEqual(unsent(written).map(({ id }) => id), ["c", "b"]);
  assert.equal(written.at(-1)?.timestamp, 9);
});

Deno.test("a closed room's written messages are kept where they are still to be sent", () => {
  const written = ["a", "b", "c"].map(entry).reduce(enqueue, [] as Written);
  const left = withoutUnseenOf(take(fail(written, "a", "too fast"), "b"), "lobby");
  assert.deepEqual(left.map(({ id }) => id), ["c"]);
  assert.equal(withoutUnseenOf(written, "elsewhere").length, 3);
});

Deno.test("no more messages are written than the limit, and no id twice", () => {
  const full = Array.from({ length: WRITTEN_LIMIT + 5 }, (_, i) => entry(`id ${i}`))
    .reduce(enqueue, [] as Written);
  assert.equal(full.length, WRITTEN_LIMIT);
  assert.equal(enqueue([entry("a")], entry("a")).length, 1);
});

Deno.test("shownText() is the text, or the data where there is no text", () => {
  assert.equal(shownText({ message: "Hi", data: { id: 5 } }), "Hi");
  assert.equal(shownText({ message: "", data: { id: 5 } }), '{"id":5}');
  assert.equal(shownText({ message: "" }), "");
});

Deno.test("splitLinks() finds http links and leaves the sentence around them alone", () => {
  assert.deepEqual(splitLinks("See (https://example.com/a?b=1)."), [
    { text: "See (" },
    { text: "https://example.com/a?b=1", href: "https://example.com/a?b=1" },
    { text: ")." },
  ]);
  assert.deepEqual(splitLinks("javascript:alert(1) <b>"), [{ text: "javascript:alert(1) <b>" }]);
  assert.deepEqual(splitLinks("http://"), [{ text: "http://" }]);
});

Deno.test("recipes quote for the shell", () => {
  assert.equal(
    curlLine("http://localhost:7000/", "123"),
    'curl -d "Your order has shipped" http://localhost:7000/api/users/123/notifications',
  );
  assert.ok(
    curlLine("http://h/", "o'neil").endsWith(`'http://h/api/users/o'\\''neil/notifications'`),
  );
  assert.ok(redisLine("notifyli:messages", "123").includes(`'{"user_id":123,"room":"/user/123",`));
});

Deno.test("problemOf names what is wrong with an answer", () => {
  assert.equal(problemOf.room("lobby"), null);
  assert.equal(problemOf.room("  "), "Enter a room.");
  assert.match(problemOf.name("x".repeat(65)) ?? "", /too long/);
  assert.match(problemOf.user_id("a\u0000b") ?? "", /control characters/);
});

Deno.test("the page's address fills the form in, and is cleaned afterwards", () => {
  assert.deepEqual(readPrefill("?user_id=5&room=a%20b&name="), { user_id: "5", room: "a b" });
  assert.equal(withoutPrefill("http://h/?user_id=5&room=a&x=1#y"), "/?x=1#y");
});

Deno.test("initials() stands for a name with one or two letters", () => {
  assert.deepEqual(["alice", "Bob van Stone", "", "👍 ok"].map(initials), ["A", "BS", "", "👍O"]);
});

function entry(id: string) {
  return { id, room: "lobby", message: "Hi", timestamp: 7 };
}
