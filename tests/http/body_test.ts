/** Bodies of requests, with and without a length that is said before: what is taken, and how the rest is refused. */
import assert from "node:assert/strict";
import { readBody } from "../../lib/http/body.ts";
import { Deadlines } from "../../lib/http/deadlines.ts";

const SNOWMAN = new TextEncoder().encode("☃");

for (const isSaid of [true, false]) {
  const how = isSaid ? "whose length is said" : "in pieces";

  Deno.test(`readBody() takes a body ${how} up to its limit, and no more`, async () => {
    assert.equal(await readBody(request(["a", "bc"], isSaid), 3, Infinity), "abc");
    assert.equal(await readBody(request([], isSaid), 3, Infinity), "");
    await assert.rejects(readBody(request(["a", "bcd"], isSaid), 3, Infinity), {
      code: "too_long",
      message: "The body is too long: the limit is 3 bytes",
    });
  });

  Deno.test(`readBody() takes UTF-8 ${how}, whole or not at all`, async () => {
    const parted = [SNOWMAN.subarray(0, 2), SNOWMAN.subarray(2)];
    assert.equal(await readBody(request(parted, isSaid), 3, Infinity), "☃");
    for (const wrong of [SNOWMAN.subarray(0, 2), SNOWMAN.subarray(1), new Uint8Array([0xff])]) {
      await assert.rejects(readBody(request([wrong], isSaid), 3, Infinity), {
        code: "invalid_field",
        message: "The body is not UTF-8 text",
      });
    }
  });

  Deno.test(`readBody() refuses a body ${how} that breaks off`, async () => {
    const stream = new ReadableStream({
      pull: (controller) => controller.error(new Error("gone")),
    });
    await assert.rejects(readBody(requestOf(stream, isSaid ? 3 : undefined), 3, Infinity), {
      code: "invalid_field",
      message: "The body did not come whole",
    });
  });

  Deno.test(`readBody() refuses a body ${how} that does not come in time`, async () => {
    const startedAt = performance.now();
    await assert.rejects(
      readBody(requestOf(new ReadableStream(), isSaid ? 3 : undefined), 3, 0.05),
      {
        code: "too_slow",
        message: "The body took too long: the limit is 0.05 s",
      },
    );
    assert.ok(performance.now() - startedAt >= 45);
  });
}

Deno.test("Deadlines ends each in its time, and none that is done", async () => {
  const deadlines = new Deadlines(0.05);
  const late = () => new Error("late");
  const never = new Promise<string>(() => {});
  const first = deadlines.keep(never, late);
  const done = deadlines.keep(Promise.resolve("done"), late);
  const broken = deadlines.keep(Promise.reject<string>(new Error("broken")), late);
  await assert.rejects(broken, /broken/);
  assert.equal(await done, "done");
  const firstEndsAt = first.catch(() => performance.now());
  const startedAt = performance.now();
  await assert.rejects(deadlines.keep(never, late), /late/);
  assert.ok(performance.now() - startedAt >= 45, "its own time, not that of the first");
  assert.ok(Number(await firstEndsAt) <= performance.now());
});

function request(pieces: readonly (string | Uint8Array)[], isLengthSaid: boolean): Request {
  const bytes = pieces.map((piece) =>
    typeof piece === "string" ? new TextEncoder().encode(piece) : piece
  );
  const length = bytes.reduce((sum, { length }) => sum + length, 0);
  return requestOf(ReadableStream.from(bytes), isLengthSaid ? length : undefined);
}

function requestOf(body: ReadableStream<Uint8Array>, length: number | undefined): Request {
  const headers = length === undefined ? undefined : { "content-length": String(length) };
  return new Request("http://localhost/", { method: "POST", body, headers });
}
