/** The README: short, and its tables are those of the code. */
import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { ROOT } from "../support/paths.ts";

const README = await Deno.readTextFile(`${ROOT}README.md`);

Deno.test("README has under 120 lines besides those of its settings", () => {
  const lines = README.split("\n").filter((line) => !/^\| `[A-Z]+_/.test(line));
  assert.ok(lines.length < 120, `it has ${lines.length}`);
});

Deno.test("README lists every dependency, and no other", () => {
  const listed = rowsAfter("## Dependencies").flatMap(([names = ""]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
  );
  assert.deepEqual(listed.sort(), Object.keys(manifest.imports).sort());
});

Deno.test("README names only tasks and files that exist", async () => {
  for (const [, name = ""] of README.matchAll(/deno(?:@[\d.]+)? task ([a-z]+)/g)) {
    assert.ok(name in manifest.tasks, `deno task ${name}`);
  }
  for (const [, path = ""] of README.matchAll(/\]\(([^):]+)\)/g)) {
    assert.ok((await Deno.stat(`${ROOT}${path}`)).isFile, path);
  }
});

Deno.test("every task has a description and none runs with all permissions but tests, stress and benchmarks", () => {
  for (const [name, { description, command }] of Object.entries(manifest.tasks)) {
    assert.ok(description.length > 10, name);
    const everything = /(^| )(-A|--allow-all)( |$)/.test(command);
    assert.equal(everything, ["test", "bench", "stress"].includes(name), name);
  }
});

/** What a task may do, by Deno's flags. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  start: [
    "--allow-net",
    "--allow-env",
    "--allow-ffi",
    "--allow-read",
    "--allow-sys=statfs",
    "--allow-write",
  ],
  send: ["--allow-net", "--allow-env", "--allow-read", "--allow-write"], // a Unix socket of Redis is written to
  key: ["--allow-net", "--allow-env", "--allow-read", "--allow-write"],
  check: ["--allow-net", "--allow-env", "--allow-read"],
  backup: ["--allow-net", "--allow-env", "--allow-read", "--allow-write"],
  restore: ["--allow-net", "--allow-env", "--allow-read", "--allow-write"],
  migrate: ["--allow-net", "--allow-env", "--allow-read", "--allow-write"],
  doctor: [
    ...["--allow-net", "--allow-env", "--allow-read", "--allow-run=/usr/bin/getconf"],
    ...["--allow-sys=statfs", "--allow-write"],
  ],
  token: ["--allow-env", "--allow-read"],
};

Deno.test("a task of the program may do what it needs, and no more", () => {
  const tasks: Readonly<Record<string, { command: string }>> = manifest.tasks;
  for (const [name, expected] of Object.entries(PERMISSIONS)) {
    const flags = tasks[name]?.command.split(" ").filter((word) => /^-(A|-allow)/.test(word));
    // Programs are named by their paths.
    const others = flags?.filter((flag) => !/^--allow-run=(\/usr\/s?bin\/\w+,?)+$/.test(flag));
    if (name === "start") assert.deepEqual(others, expected, name);
    if (name !== "start") assert.deepEqual(flags, expected, name);
  }
});

Deno.test("SECURITY.md says which commands may write nothing, and which may use no network", async () => {
  const security = (await Deno.readTextFile(`${ROOT}SECURITY.md`)).replaceAll(/\s+/g, " ");
  for (
    const [flag, pattern] of [
      ["--allow-write", /((?:`\w+`(?: and )?)+) may write nothing/],
      ["--allow-net", /((?:`\w+`(?: and )?)+) may use no network/],
    ] as const
  ) {
    const [, names = ""] = pattern.exec(security) ?? [];
    const without = Object.entries(PERMISSIONS).filter(([, flags]) => !flags.includes(flag));
    assert.deepEqual([...names.matchAll(/\w+(?=`)/g)].map(([name]) => name), [
      ...without.map(([name]) => name),
    ], flag);
  }
});

Deno.test("SECURITY.md names the programs that the server may run, and no command may run any", async () => {
  const security = await Deno.readTextFile(`${ROOT}SECURITY.md`);
  const [, sentence = ""] = /server may run programs:(.*?)\(/s.exec(security) ?? [];
  const named = [...sentence.matchAll(/`(\/\S+)`/g)].map(([, path]) => path);
  const [, allowed = ""] = /--allow-run=(\S+)/.exec(manifest.tasks.start.command) ?? [];
  assert.deepEqual(named, allowed.split(","));
  assert.doesNotMatch(security, /and no other\s+program|one program,/); // each would be a second list
});

Deno.test("no task asks a registry for what it runs: deno task has fetched that, by the lock file", () => {
  assert.ok(manifest.lock.frozen);
  for (const [name, { command }] of Object.entries(manifest.tasks)) {
    for (const [start] of command.matchAll(/\bdeno (run|compile|check|test|cache|eval) \S+/g)) {
      assert.match(start, / --cached-only$/, name);
    }
  }
});

/** The cells of the first table below a mark. */
function rowsAfter(mark: string): string[][] {
  const lines =
    README.split(mark)[1]?.split("\n").filter((line, index, all) =>
      line.startsWith("|") &&
      all.slice(0, index).every((before) => before === "" || before.startsWith("|"))
    ) ?? [];
  return lines.slice(2).map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}
