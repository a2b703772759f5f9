/** `readCommandLine()` by itself, and the kinds of values that options have. */
import assert from "node:assert/strict";
import { DURATION, SECONDS, TIME, USER } from "../../lib/commands/option_kinds.ts";
import { type OptionKind, readCommandLine, UsageError } from "../../lib/commands/options.ts";

const OPTIONS = {
  user: USER,
  ttl: { value: "SECONDS", kind: SECONDS, help: "" },
  name: { short: "n", value: "NAME", help: "" },
  loud: { short: "l", help: "" },
} as const;

Deno.test("readCommandLine() takes short, long and = forms, and the words between them", () => {
  const forms = [
    "-u ann -n Ann -l one two",
    "one --user=ann two --name Ann --loud",
    "one -lu ann two -nAnn",
  ];
  for (const form of forms) {
    const line = readCommandLine(form.split(" "), OPTIONS);
    assert.deepEqual(line?.words, ["one", "two"], form);
    const { user, name, loud, ttl } = line.values();
    assert.deepEqual([user, name, loud, ttl], ["ann", "Ann", true, undefined], form);
  }
});

Deno.test("readCommandLine() gives a value in its kind", () => {
  const ttl: number | undefined = readCommandLine(["-u", "1", "--ttl", "60"], OPTIONS)?.values()
    .ttl;
  assert.equal(ttl, 60);
});

const WRONG: [args: string[], said: string | RegExp][] = [
  [[], "Missing option -u (--user)"],
  [["-u", ""], "Missing option -u (--user)"],
  [
    ["-u", "1", "--ttl", "0"],
    'Cannot take --ttl: current value is "0", allowed is a number of seconds from 1 on',
  ],
  [["-u", "1", "--ttl="], /^Cannot take --ttl: current value is "",/],
  [["-u"], /-u, --user.*missing/],
  [["-u", "-n"], /ambiguous/],
  [["-u", "1", "--loud=yes"], /--loud.* does not take/],
  [["-u", "1", "--no-loud"], 'Unknown option "--no-loud"'],
  [["--toString"], 'Unknown option "--toString"'],
];
for (const [args, said] of WRONG) {
  Deno.test(`readCommandLine() refuses ${JSON.stringify(args)}`, () => {
    const read = () => readCommandLine(args, OPTIONS)?.values();
    assert.throws(read, (error) => {
      assert.ok(error instanceof UsageError);
      if (typeof said === "string") assert.equal(error.message, said);
      else assert.match(error.message, said);
      return true;
    });
  });
}

Deno.test("readCommandLine() returns nothing where the help is asked for, whatever else is wrong", () => {
  for (const args of [["-h"], ["--help"], ["--colour", "-h"], ["-lh"], ["word", "--help"]]) {
    assert.equal(readCommandLine(args, OPTIONS), undefined, args.join(" "));
  }
  assert.deepEqual(readCommandLine(["--", "-h"], OPTIONS)?.words, ["-h"]);
});

const KINDS: [kind: OptionKind<number>, text: string, value: number | undefined][] = [
  [TIME, "1767225600", 1_767_225_600],
  [TIME, "2026-01-01T00:00Z", 1_767_225_600],
  [TIME, "2026-01-01 02:00:30+02:00", 1_767_225_630],
  [TIME, "2026-01-01T00:00", new Date(2026, 0, 1).getTime() / 1000],
  [TIME, "2026-13-01T00:00", undefined],
  [TIME, "tomorrow", undefined],
  [SECONDS, "1", 1],
  [SECONDS, "0", undefined],
  [SECONDS, "1.5", undefined],
  [SECONDS, "1e3", undefined],
  [DURATION, "30m", 1800],
  [DURATION, "12h", 43_200],
  [DURATION, "90d", 7_776_000],
  [DURATION, "0d", undefined],
  [DURATION, "90", undefined],
  [DURATION, "1w", undefined],
];
for (const [kind, text, value] of KINDS) {
  Deno.test(`${JSON.stringify(text)} is ${value} where ${kind.allowed} is allowed`, () => {
    assert.equal(kind.read(text), value);
  });
}
