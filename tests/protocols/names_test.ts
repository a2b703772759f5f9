/** Names that nobody can see or that turn the direction of text are refused by every way in; all others are names. */
import assert from "node:assert/strict";
import { sharedProgram } from "../support/shared_program.ts";
import { TestClient } from "../support/test_client.ts";

const REFUSED: Readonly<Record<string, string>> = {
  "zero width spaces": "\u200b\u200b",
  "a joiner alone": "\u200d",
  "a byte-order mark": "\ufeff",
  "a soft hyphen": "\u00ad",
  "a Hangul filler": "\u3164",
  "a half-width Hangul filler": "\uffa0",
  "an empty pattern of Braille": "\u2800",
  "a variation selector": "\ufe0f",
  "tags": "\u{e0041}\u{e0042}",
  "marks of direction alone": "\u200e\u200f\u061c",
  "spaces of many kinds": "\u00a0\u2003\u3000",
  "an annotation's anchor": "\ufff9",
  "an override": "\u202egnp.exe",
  "an override to the left": "Al\u202dice",
  "an embedding": "\u202bAlice",
  "an end of an embedding": "Alice\u202c",
  "an isolate": "\u2067Alice\u2069",
  "an isolate without its end": "\u2068Alice",
};

const TAKEN: Readonly<Record<string, string>> = {
  "emoji of several characters": "👨‍👩‍👧",
  "an emoji with a selector": "❤️",
  "a flag of tags": "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
  "Arabic": "محمد علي",
  "Hebrew with a mark of direction": "דוד (admin)\u200f",
  "Persian with a non-joiner": "می\u200cخواهم",
  "Hindi with a joiner": "क्\u200dष",
  "Korean": "김민수",
  "an Arabic number sign": "\u0600",
  "an accent of its own": "e\u0301",
  "Braille": "\u2813",
};

const shared = sharedProgram({});

for (const [what, name] of Object.entries(REFUSED)) {
  Deno.test(`${what} is no user id, no room, no name and no sender`, async () => {
    const program = shared();
    await using plain = await TestClient.connect(program.webSocketUrl);
    const frame = { type: "usermsg", user_id: "1", room: "lobby", message: "x", name: "Alice" };
    for (const field of ["user_id", "room", "name"]) plain.send({ ...frame, [field]: name });
    const errors = await plain.get("error", 3);
    assert.deepEqual(
      errors.map(({ code, field }) => `${code} ${field}`),
      ["invalid_field user_id", "invalid_field room", "invalid_field name"],
    );
    // What is shown of the value can be seen, and turns nothing.
    for (const { message } of errors) assert.doesNotMatch(String(message), UNSEEN);
    await plain.settled();
    assert.equal(plain.ofType("usermsg").length, 0);

    await using client = await TestClient.connectV2(program.webSocketUrl);
    await assert.rejects(client.command("connect", { user_id: name }), /^Error: invalid_field/);
    await assert.rejects(client.command("connect", { user_id: 1, name }), /^Error: invalid_field/);
    await client.command("connect", { user_id: 1 });
    await assert.rejects(client.command("subscribe", { room: name }), /^Error: invalid_field/);

    for (
      const [field, status] of Object.entries({ user_id: 400, room: 400, from: 400, message: 201 })
    ) {
      const body = JSON.stringify({ user_id: 1, message: "x", [field]: name });
      const response = await fetch(`${program.url}/api/notifications`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      const answer = await response.json();
      assert.equal(response.status, status, `${field}: ${JSON.stringify(answer)}`);
      if (status === 400) assert.equal(answer.field, field);
    }
    const query = new URLSearchParams({ user_id: "1", room: name });
    const stream = await fetch(`${program.url}/sse?${query}`);
    assert.deepEqual([stream.status, (await stream.json()).field], [400, "room"]);
  });
}

for (const [what, name] of Object.entries(TAKEN)) {
  Deno.test(`${what} is a user id, a room, a name and a sender`, async () => {
    const program = shared();
    await using client = await TestClient.join(program.webSocketUrl, {
      user: name,
      room: name,
      name,
    });
    client.send({ type: "usermsg", user_id: name, room: name, name, message: "x" });
    const [said] = await client.get("usermsg");
    assert.partialDeepStrictEqual(said, { user_id: name, room: name, name });
    const response = await fetch(`${program.url}/api/notifications`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ user_id: name, room: name, from: name, message: name }),
    });
    assert.equal((await response.json()).online, true);
    const [sent] = await client.get("direct_message");
    assert.partialDeepStrictEqual(sent, { user_id: name, room: name, name, message: name });
  });
}

const UNSEEN = /[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

Deno.test("no line of the log has a character that turns its direction", () => {
  const program = shared();
  assert.ok(program.log.length > 0);
  assert.doesNotMatch(program.logText, UNSEEN);
});
