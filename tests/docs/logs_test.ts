/** `docs/logs.md` as it is read: its commands in a shell, its categories and fields against the code and a real log. */
import assert from "node:assert/strict";
import { run } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";

const doc = await Deno.readTextFile(`${ROOT}docs/logs.md`);

Deno.test("logs.md names each category that there is, and no other", async () => {
  const named = [...doc.matchAll(/^\| `(notifyli[.\w]*)`/gm)].map(([, name]) => name).sort();
  const found = new Set<string>();
  for await (const file of filesOf(`${ROOT}lib`)) {
    for (const [, name] of (await Deno.readTextFile(file)).matchAll(/logFor\((?:"(\w+)")?/g)) {
      if (!file.endsWith("base/log.ts")) {
        found.add(name === undefined ? "notifyli" : `notifyli.${name}`);
      }
    }
  }
  found.add("notifyli.bridge"); // in bridge.ts
  assert.deepEqual(named, [...found].sort());
});

Deno.test("the commands of logs.md do what it says", async () => {
  await using program = await Program.start({ env: { APP_LOG_LEVELS: "notifyli.push:debug" } });
  const manager = await Manager.of(program);
  const shell = async (script: string, cwd = "/") => {
    const env = { URL: program.url, KEY: manager.key };
    const { code, stdout, stderr } = await run(["sh", "-ec", script], { cwd, env });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.match(await shell(tested("one answer")), /^x-request-id: order-12345\r$/im);
  const [set, ...ask] = tested("levels").trim().split("\n");
  assert.deepEqual(JSON.parse(await shell(set!)).levels, { "notifyli.http": "debug" });
  await shell(tested("one answer"));
  const { lines } = JSON.parse(await shell(tested("one request")));
  assert.deepEqual(
    lines.map(({ properties }: { properties: Record<string, unknown> }) => properties["route"]),
    ["/api/stats"],
  );
  assert.match(await shell(ask.join("\n")), /"route":"\/api\/stats"/);

  const line = await program.line(({ route }) => route === "/api/stats");
  for (const field of Object.keys(line)) {
    assert.ok(doc.includes(`\`${field}\``), field);
  }
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/log`,
      [...program.log, { level: "error", ms: 500, route: "/x", logger: "notifyli.audit" }]
        .map((each) => `${JSON.stringify(each)}\n`).join(""),
    );
    const commands = tested("readers").trim().split("\n").map((each) => each.split("  #")[0]!);
    assert.equal(commands.length, 4);
    const hasJq = (await run(["sh", "-c", "command -v jq"], { cwd: "/" })).code === 0;
    for (const command of commands) {
      if (command.startsWith("jq") && !hasJq) continue;
      assert.notEqual((await shell(command, folder)).trim(), "", command);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function tested(name: string): string {
  const found = new RegExp(`<!-- tested: ${name} -->\\s+\`\`\`sh\\n([^]*?)\`\`\``).exec(doc);
  assert.ok(found?.[1], name);
  return found[1];
}

async function* filesOf(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesOf(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}
