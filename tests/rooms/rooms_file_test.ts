/** The file of room rules: what it takes, what it refuses and in which words, and that its schema says the same. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../../lib/base/config_error.ts";
import { roomPattern } from "../../lib/rooms/rules/patterns.ts";
import { JsonTextError, parseJsonText } from "../../lib/base/json_text.ts";
import { DEFAULT_SITE } from "../../lib/base/site.ts";
import { RoomRules } from "../../lib/rooms/rules/room_rules.ts";
import { readRooms } from "../../lib/rooms/rules/rooms_file.ts";
import { ROOMS_SCHEMA } from "../../lib/rooms/rules/file_fields.ts";
import { ROOT } from "../support/paths.ts";

const CLOSED = { path: "rooms.json", hasTokens: true };
const OPEN = { path: "rooms.json", hasTokens: false };

Deno.test("readRooms() takes every field, and gives the rest its default", () => {
  const { rooms, warnings } = readRooms(
    JSON.stringify({
      $schema: "docs/rooms.schema.json",
      unknown: "closed",
      rooms: [
        {
          pattern: "staff:*",
          auth: true,
          private: true,
          members: [1, "alice"],
          maxClients: 50,
          publish: [1, "bob"],
          events: [2],
          presence: false,
          history: { size: 1000, seconds: 86400 },
          persistent: true,
        },
        { pattern: "ticker", auth: false, publish: "server", maxPresence: 7, history: false },
      ],
    }),
    CLOSED,
  );
  assert.deepEqual(warnings, []);
  const rules = new RoomRules(rooms, [{ pattern: "*", size: 7, seconds: 8 }]);
  assert.deepEqual(rules.of(DEFAULT_SITE, "staff:1"), {
    pattern: "staff:*",
    isClosed: false,
    needsToken: true,
    isPrivate: true,
    members: new Set(["1", "alice"]),
    maxClients: 50,
    speakers: new Set(["1", "bob"]),
    tellers: new Set(["2"]),
    showsPresence: false,
    maxPresence: 500,
    history: { size: 1000, seconds: 86400, persistent: true },
  });
  assert.deepEqual(rules.of(DEFAULT_SITE, "ticker"), {
    pattern: "ticker",
    isClosed: false,
    needsToken: false,
    isPrivate: false,
    members: new Set(),
    maxClients: undefined,
    speakers: "server",
    tellers: "members",
    showsPresence: true,
    maxPresence: 7,
    history: { size: 0, seconds: 1 },
  });
  assert.equal(rules.of(DEFAULT_SITE, "other").isClosed, true);
  assert.equal(
    rules.of(DEFAULT_SITE, "/user/1").isClosed,
    false,
    "a user's own room is nobody's to close",
  );
  assert.deepEqual(rules.of(DEFAULT_SITE, "other").history, { size: 7, seconds: 8 });
  assert.equal(rules.haveGuests, true);
});

Deno.test("the first rule that matches counts, whole, and the rules forget no room", () => {
  const { rooms } = readRooms(
    '{"rooms": [{"pattern": "a:*", "maxClients": 1}, {"pattern": "*", "presence": false}]}',
    OPEN,
  );
  const rules = new RoomRules(rooms, []);
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 20_000; n++) assert.equal(rules.of(DEFAULT_SITE, `a:${n}`).maxClients, 1);
    assert.deepEqual([
      rules.of(DEFAULT_SITE, "a:1").showsPresence,
      rules.of(DEFAULT_SITE, "b").showsPresence,
    ], [true, false]);
    assert.equal(rules.of(DEFAULT_SITE, "b").maxClients, undefined);
  }
});

/** A file, how it is read, and what is said about it. */
const WRONG: readonly [unknown, typeof OPEN, readonly string[]][] = [
  [{ rooms: [{ pattern: "a", maxClients: "many" }], unknown: "public" }, CLOSED, [
    'rooms[0].maxClients is "many", allowed is a whole number from 1 to 1000000',
  ]],
  [{ rooms: [] }, CLOSED, [
    'unknown is missing: say what holds for rooms that no pattern names, "public" or "closed"',
  ]],
  [[], OPEN, ["it is [], allowed is an object with rooms"]],
  [{}, OPEN, ["rooms is missing, allowed is a list of up to 1000 rules"]],
  [{ unknwon: "public", rooms: [{ patern: "a" }, 7] }, OPEN, [
    "unknwon is not known; did you mean unknown?",
    "rooms[0].pattern is missing, allowed is a room's name of 1 to 256 characters, in which * " +
    "stands for any text",
    "rooms[0].patern is not known; did you mean pattern?",
    'rooms[1] is 7, allowed is a rule such as {"pattern": "staff:*"}',
  ]],
  [{ rooms: [{ pattern: "", publish: "nobody" }, { pattern: "a", publish: [""] }] }, OPEN, [
    'rooms[0].pattern is "", allowed is a room\'s name of 1 to 256 characters, in which * ' +
    "stands for any text",
    'rooms[0].publish is "nobody", allowed is "anyone", "members", "server" or a list of up to ' +
    '1000 users\' ids such as [1, "alice"]',
    'rooms[1].publish[0] is "", allowed is a user\'s id such as 1 or "alice"',
  ]],
  [{ rooms: [{ pattern: "a", history: { size: 0 } }, { pattern: "b", history: true }] }, OPEN, [
    "rooms[0].history.seconds is missing, allowed is a whole number from 1 to 99999999",
    "rooms[0].history.size is 0, allowed is a whole number from 1 to 999999",
    "rooms[1].history is true, allowed is false or an object with size and seconds",
  ]],
  // What each field allows, but not together; said also where another rule is wrong.
  [
    {
      rooms: [
        { pattern: "a", private: true, members: [1] },
        { pattern: "b", auth: true, publish: [1] },
        { pattern: "c", presence: null },
      ],
    },
    OPEN,
    [
      "rooms[2].presence is null, allowed is true or false",
      "rooms[0].private cannot be used in open mode, where anyone is who they say: set APP_KEY",
      "rooms[1].auth cannot be used in open mode, where anyone is who they say: set APP_KEY",
      "rooms[1].publish cannot be used in open mode, where anyone is who they say: set APP_KEY, " +
      "or use no list of users",
    ],
  ],
  [
    {
      unknown: "closed",
      rooms: [
        { pattern: "a", private: true, auth: false },
        { pattern: "b", members: [1] },
        { pattern: "c", persistent: true },
        { pattern: "d", persistent: true, history: false },
      ],
    },
    CLOSED,
    [
      "rooms[0].auth cannot be false in a private room: nobody knows who a guest is",
      'rooms[1].members is of no use: the rule does not say "private": true',
      ...["rooms[2]", "rooms[3]"].map((at) =>
        `${at}.persistent needs to know how much: say it by "history", such as ` +
        '{"size": 1000, "seconds": 86400}'
      ),
    ],
  ],
];

for (const [file, options, problems] of WRONG) {
  Deno.test(`readRooms() says all that is wrong with ${JSON.stringify(file).slice(0, 60)}`, () => {
    assert.throws(() => readRooms(JSON.stringify(file), options), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.message.split("\n"),
        problems.map((problem) => `Cannot use rooms.json: ${problem}`),
      );
      return true;
    });
  });
}

Deno.test("readRooms() warns of rules that no room ever comes to", () => {
  const patterns = ["a:*", "a:b", "*:c", "a:*:c", "x*y*z", "x*z", "xyz", "x*yy*z", "*", "*"];
  const { warnings } = readRooms(
    JSON.stringify({ rooms: patterns.map((pattern) => ({ pattern })) }),
    OPEN,
  );
  assert.deepEqual(
    warnings.map((warning) => warning.replace(/ matches its rooms first$/, "")),
    [
      'rooms.json: rooms[1] ("a:b") is never used: rooms[0] ("a:*")',
      'rooms.json: rooms[3] ("a:*:c") is never used: rooms[0] ("a:*")',
      'rooms.json: rooms[6] ("xyz") is never used: rooms[4] ("x*y*z")',
      'rooms.json: rooms[7] ("x*yy*z") is never used: rooms[4] ("x*y*z")',
      'rooms.json: rooms[9] ("*") is never used: rooms[8] ("*")',
    ],
  );
});

/** What a hostile or careless hand may leave in the file. */
const BROKEN: readonly [string, RegExp][] = [
  ['{"rooms": [\n  {"pattern": "a",}\n]}', /^line 2, column 19: "}" is there in place of a key/],
  ['{"rooms": [}', /^line 1, column 12: "}" is there in place of a value$/],
  ['{"rooms": []', /^line 1, column 13: the end of the file is there in place of ',' or '}'$/],
  ['{"rooms": []} x', /^line 1, column 15: "x" is there in place of the end of the file$/],
  ["", /^line 1, column 1: the end of the file is there in place of a value$/],
  ["// rules\n{}", /^line 1, column 1: "\/" is there/],
  ['{"unknown": "public", "unknown": "closed"}', /column 23: the key "unknown" is there twice$/],
  ['{"a": "x\ny"}', /^line 1, column 7: "\\"" is there in place of a value$/],
  [`{"a": "${"x".repeat(100_000)}\n"}`, /^line 1, column 7: "\\"" is there in place of a value$/],
  [`{"${"x".repeat(100_000)}`, /^line 1, column 2: "\\"" is there in place of a key/],
  ['{"a": 01}', /^line 1, column 8: "1" is there in place of ',' or '}'$/],
  [`${"[".repeat(100_000)}`, /^line 1, column 18: it is nested deeper than 16 levels$/],
  [`${'{"a":'.repeat(100_000)}`, /^line 1, column \d+: it is nested deeper than 16 levels$/],
];

for (const [text, expected] of BROKEN) {
  Deno.test(`parseJsonText() refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.throws(() => parseJsonText(text), (error) => {
      assert.ok(error instanceof JsonTextError);
      assert.match(error.message, expected);
      return true;
    });
    assert.throws(
      () => readRooms(text, OPEN),
      /^ConfigError: Cannot read rooms.json as JSON: line/,
    );
  });
}

Deno.test("parseJsonText() reads what JSON.parse() reads, and nothing else", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 10 }), fc.nat(), fc.string(), (text, at, noise) => {
    assert.deepEqual(parseJsonText(text), JSON.parse(text));
    const pretty = JSON.stringify(JSON.parse(text), null, "\t");
    assert.deepEqual(parseJsonText(`\uFEFF ${pretty}\r\n`), JSON.parse(text));
    const cut = at % (text.length + 1);
    const broken = text.slice(0, cut) + noise + text.slice(cut);
    assert.deepEqual(outcome(() => parseJsonText(broken)), outcome(() => JSON.parse(broken)));
  }));
  assert.deepEqual(Object.keys(parseJsonText('{"__proto__": 1}') as object), ["__proto__"]);
});

Deno.test("keys that objects are born with are not known", () => {
  for (const key of ["__proto__", "constructor", "toString"]) {
    const text = `{"rooms": [{"pattern": "a", "${key}": {"private": true}}]}`;
    assert.throws(() => readRooms(text, OPEN), new RegExp(`rooms\\[0\\].${key} is not known`));
  }
});

Deno.test("roomPattern() finds what the regular expression finds, and in no time", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 12 });
  fc.assert(fc.property(letters, letters, (pattern, room) => {
    const expected = new RegExp(`^${pattern.split("*").map(RegExp.escape).join("[^]*")}$`);
    assert.equal(roomPattern(pattern).test(room), expected.test(room), `${pattern} ${room}`);
  }));
  const startedAt = performance.now();
  assert.equal(roomPattern("*a".repeat(100) + "b").test("a".repeat(10_000)), false);
  assert.ok(performance.now() - startedAt < 10_000);
});

Deno.test("docs/rooms.schema.json is the schema of the code", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/rooms.schema.json`);
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(ROOMS_SCHEMA)));
});

Deno.test("the schema takes a file where its fields are good, and no other", () => {
  const user = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.double());
  const odd = fc.oneof(fc.anything({ maxDepth: 1 }).filter(isJson), fc.constant(null));
  const mostly = <T>(good: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: odd });
  const rule = fc.record({
    pattern: mostly(fc.constantFrom("a", "b:*", "", "x".repeat(257), "a\nb")),
    presence: mostly(fc.boolean()),
    maxClients: mostly(fc.constantFrom(1, 0, 1.5, 1e6, 1e7)),
    maxPresence: mostly(fc.constantFrom(0, -1, 1.5, 1e5, 1e6)),
    publish: mostly(fc.oneof(fc.constantFrom("anyone", "server", "all"), fc.array(user))),
    history: mostly(fc.oneof(
      fc.boolean(),
      fc.record({ size: mostly(fc.nat(3)), seconds: fc.nat(3) }, { requiredKeys: ["size"] }),
    )),
    other: fc.constant(1),
  }, { requiredKeys: ["pattern"] });
  const files = fc.record({
    unknown: mostly(fc.constantFrom("public", "closed", "open")),
    rooms: mostly(fc.array(mostly(rule), { maxLength: 2 })),
  }, { requiredKeys: [] });
  let [good, bad] = [0, 0];
  fc.assert(
    fc.property(files, (file) => {
      const problems = problemsOf(file);
      // What does not go together is beyond the schema.
      const isGood = problems.every((problem) => / cannot be used in open mode/.test(problem));
      assert.equal(
        matches(JSON.parse(JSON.stringify(file)), ROOMS_SCHEMA),
        isGood,
        `${problems[0]}`,
      );
      isGood ? good++ : bad++;
    }),
    { numRuns: 3000 },
  );
  assert.ok(good > 100 && bad > 100, `${good} good files, ${bad} bad ones`);
});

function problemsOf(file: unknown): string[] {
  try {
    readRooms(JSON.stringify(file), OPEN);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.message.split("\n") : assert.fail(String(error));
  }
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

function outcome(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch {
    return "refused";
  }
}

type Schema = Readonly<Record<string, unknown>>;

/** A reading of JSON Schema of its own, for the words that the file's schema uses. */
function matches(value: unknown, schema: Schema): boolean {
  return Object.entries(schema).every(([word, argument]) => {
    switch (word) {
      case "$schema":
      case "title":
      case "description":
        return true;
      case "type":
        return isOfType(value, argument);
      case "enum":
        return (argument as unknown[]).includes(value);
      case "anyOf":
        return (argument as Schema[]).some((each) => matches(value, each));
      case "minimum":
        return typeof value !== "number" || value >= Number(argument);
      case "maximum":
        return typeof value !== "number" || value <= Number(argument);
      case "maxItems":
        return !Array.isArray(value) || value.length <= Number(argument);
      case "pattern":
        return typeof value !== "string" || new RegExp(String(argument), "u").test(value);
      case "items":
        return !Array.isArray(value) || value.every((each) => matches(each, argument as Schema));
      case "required":
        return !isObject(value) ||
          (argument as string[]).every((name) => Object.hasOwn(value, name));
      case "properties":
        return !isObject(value) ||
          Object.entries(argument as Record<string, Schema>).every(([name, each]) =>
            !Object.hasOwn(value, name) || matches(value[name], each)
          );
      case "additionalProperties":
        return !isObject(value) ||
          Object.keys(value).every((name) => Object.hasOwn(schema["properties"] as Schema, name));
      default:
        return assert.fail(`the test cannot read ${word}`);
    }
  });
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    default:
      return typeof value === "string";
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
