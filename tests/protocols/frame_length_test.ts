/** Answers are cut before their frames are made: by a length that holds whatever people write. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { frameLength, type Publication } from "../../lib/core/publication.ts";
import { JSON_DIALECT } from "../../lib/protocols/frames.ts";

/** Ids of users are numbers without quotes, types are named otherwise than kinds, and absent fields take no place. */
const MOST_TOO_LONG = 75;
/** Offsets and times may have more digits. */
const MOST_TOO_SHORT = 14;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom("\u0001", '"', "\\", "\n", "\ud800", "😀", "a"),
    maxLength: 200,
  }),
);

const file = fc.record({
  ...{ id: text, name: text, type: text, bytes: fc.nat(), url: text },
  ...{ width: fc.nat(), height: fc.nat() },
}, { requiredKeys: ["id", "name", "type", "bytes"] });

const publication: fc.Arbitrary<Publication> = fc.record({
  kind: fc.constantFrom("message", "notification"),
  id: text,
  at: fc.nat(2 ** 32),
  room: text,
  from: fc.record({ user: text, name: text }),
  message: text,
  event: text,
  data: fc.jsonValue(),
  tags: fc.array(text, { maxLength: 3 }),
  attachments: fc.array(file, { maxLength: 2 }),
  image: file,
}, { requiredKeys: ["kind", "id", "at", "message"] });

Deno.test("the length by which answers are cut is that of the frame, give or take a few characters", () => {
  fc.assert(fc.property(publication, text, fc.nat(2 ** 40), (each, name, offset) => {
    const isMessage = each.kind === "message";
    const given = isMessage ? { ...each, room: undefined } : { ...each, from: { name: "x" } };
    const channel = { site: "default", kind: isMessage ? "room" : "user", name };
    const { length } = JSON_DIALECT.encode(channel, given, offset);
    const counted = frameLength(name, given);
    assert.ok(counted - length <= MOST_TOO_LONG, `${counted} for ${length}`);
    assert.ok(length - counted <= MOST_TOO_SHORT, `${counted} for ${length}`);
  }));
});
