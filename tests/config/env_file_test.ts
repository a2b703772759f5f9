/** What a `.env` is read as: as `parseEnv` reads what is well written, and with all that is odd in the rest. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { type Fault, parseEnvText } from "../../lib/config/env_file.ts";

const RUNS = { numRuns: 2000 };

/** What may stand in a value, with no quote, `#`, `\`, `$` or line break. */
const words = fc.string({
  unit: fc.constantFrom(..."abcXYZ019 =:/@.,;!?*+-_&%(){}[]<>|~^é→日".split("")),
  maxLength: 30,
}).map((text) => text.trim());

const names = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/).filter((name) => name !== "export");

const comments = fc.constantFrom("", " # a comment", '  # it\'s "one"', "\t#");

const quoted = fc.tuple(
  words,
  fc.constantFrom("'", '"', "`"),
  fc.constantFrom("#", "\n", " ", "'", '"'),
)
  .map(([text, quote, inside]) =>
    `${quote}${text}${inside === quote ? "" : inside}${text}${quote}`
  );

const settings = fc.tuple(
  fc.constantFrom("", "export ", "  "),
  names,
  fc.oneof(words.filter((text) => text !== ""), quoted),
  comments,
).map(([before, name, value, comment]) => `${before}${name}=${value}${comment}`);

const lines = fc.oneof(
  { weight: 4, arbitrary: settings },
  names.map((name) => `${name}=`),
  fc.constantFrom("", "   ", "# NAME=value", "  # a comment", "#"),
);

const texts = fc.tuple(
  fc.array(lines, { maxLength: 12 }),
  fc.constantFrom("\n", "\r\n"),
  fc.boolean(),
)
  .map(([all, end, isEnded]) => all.join("\n").replaceAll("\n", end) + (isEnded ? end : ""));

Deno.test("parseEnvText() reads what is well written as parseEnv() does, and finds nothing odd in it", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const { entries, strays } = parseEnvText(text);
      assert.deepEqual(valuesOf(text), { ...parseEnv(text) });
      const faults = new Set(entries.flatMap((entry) => entry.faults));
      faults.delete("lines"); // told of settings alone: none has several
      assert.deepEqual([[...faults], strays], [[], []]);
    }),
    RUNS,
  );
});

const noise = fc.string({
  unit: fc.constantFrom(..."AB=#'\"` \t\\n$\r\n:\u00a0\ufeff".split("")),
  maxLength: 60,
});

Deno.test("parseEnvText() accounts for each line of any text", () => {
  fc.assert(
    fc.property(noise, (text) => {
      const { entries, strays } = parseEnvText(text);
      const seen = new Set(strays.map(({ line }) => line));
      for (const { line, lastLine } of entries) {
        for (let each = line; each <= lastLine; each++) seen.add(each);
      }
      text.split(/\r\n?|\n/).forEach((line, index) => {
        const isEmpty = /^[\s\p{Cc}]*(#|$)/u.test(line);
        assert.ok(isEmpty || seen.has(index + 1), `line ${index + 1} of ${JSON.stringify(text)}`);
      });
    }),
    RUNS,
  );
});

const VALUES: [text: string, values: Record<string, string>][] = [
  ["A=1\rB=2\r", { A: "1", B: "2" }],
  ["A=1\r\r\nB=2", { A: "1", B: "2" }],
  ["A=  \nB=2", { A: "", B: "2" }],
  ["A=\t\n\nB=2", { A: "", B: "2" }],
  ["export A=\nB=2", { A: "", B: "2" }],
  ["export\tA=1", { A: "1" }],
  ["A='1'\n  # B=2", { A: "1" }],
  ["A=# all of it\nB=2", { A: "", B: "2" }],
  ["A=1\nA=2", { A: "2" }],
  ["A='1\nB=2\nC='", { A: "1\nB=2\nC=" }],
  ["A='1' \"2'\nB=3", { A: `1' "2`, B: "3" }],
  ['A="a\\nb"', { A: "a\nb" }],
  ["A='a\\nb'", { A: "a\\nb" }],
  ["A=a\\nb", { A: "a\\nb" }],
  ["\ufeff# A=1\nB=2", { B: "2" }],
  ["=1\nB=2", { B: "2" }],
];
for (const [text, values] of VALUES) {
  Deno.test(`parseEnvText() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(valuesOf(text), values);
  });
}

const ODD: [text: string, faults: Fault[]][] = [
  ["A=b", []],
  ["A=b # c", []],
  ["A=b #", []],
  ["A=b ## c", []],
  ["A= # c", []],
  ["A='b#c'", []],
  ["A='b' # c", []],
  ["A='b'# c", []],
  ["A=b#c", ["cut"]],
  ["A=b# c", ["cut"]],
  ["A=#c", ["cut"]],
  ["A=b #c", ["comment"]],
  ['A="b\\tc"', ["escape"]],
  ['A="b\\\\nc"', ["escape"]],
  ["A='b\\tc'", []],
  ["A=b\\tc", []],
  ['A="b', ["unclosed"]],
  ["A='b\nB=c", ["unclosed"]],
  ["A=`", ["unclosed"]],
  ["A='b' c", ["behind"]],
  ["A='b'c", ["behind"]],
  ["A='b\nc'", ["lines"]],
  ["A='b\nc' d", ["behind", "lines"]],
  ["A = b", ["spaces"]],
  ["A =b", ["spaces"]],
  ["A=\tb", ["spaces"]],
  ["A=\u201cb\u201d", ["typographic"]],
  ["A=\u00abb\u00bb", ["typographic"]],
  ["A=a${B}", ["variable"]],
  ["A=$(date)", ["variable"]],
  ['A="${B:-c}"', ["variable"]],
  ["A='${B}'", []],
  ["A=pa$$word$1", []],
];
for (const [text, faults] of ODD) {
  Deno.test(`parseEnvText() finds ${faults.join(" and ") || "nothing odd"} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseEnvText(text).entries[0]?.faults, faults);
  });
}

Deno.test("parseEnvText() says where each thing is", () => {
  const { entries, strays } = parseEnvText("\r\n# c\r\nA='1\r\n2'\rB=3\nC: 4\n=5\n\u200b\n");
  assert.deepEqual(entries.map(({ name, line, lastLine }) => [name, line, lastLine]), [
    ["A", 3, 4],
    ["B", 5, 5],
  ]);
  assert.deepEqual(strays, [{ line: 6, text: "C: 4" }, { line: 7, text: "=5" }]);
});

function valuesOf(text: string): Record<string, string> {
  return Object.fromEntries(parseEnvText(text).entries.map(({ name, value }) => [name, value]));
}
