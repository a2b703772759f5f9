/** Executes what `docs/files.md` shows: its commands, on each listener. */
import assert from "node:assert/strict";
import { applicationOf } from "../support/chat.ts";
import { run, taskCommand } from "../support/command.ts";
import { matches } from "../support/frame_pattern.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { BUCKET, S3_KEY, S3Server } from "../support/s3.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/files.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- (example|answer): ([^>]+) -->\s+```\w+\n(.*?)```/gs)]
    .map(([, kind, name, text = ""]) => [`${kind}: ${name}`, text.trim().split("\n")]),
);

Deno.test("docs/files.md: every command is executed, on each listener", async () => {
  for (const APP_LISTENER of ["deno", "node"]) {
    await using program = await Program.start({ env: { APP_LISTENER } });
    const { bearer } = await applicationOf(program, ["files:read", "files:write", "publish"]);
    const shell = (name: string, variables: Record<string, string> = {}) =>
      execute(program, name, { KEY: bearer, ...variables });
    const uploaded = await shell("upload");
    compare(uploaded, block("answer: upload"));
    for (const line of await shell("command")) {
      const [, link = ""] = /^[\w-]{22} (http\S+)$/.exec(line) ?? [];
      assert.equal(await (await fetch(link)).text(), "Hello\n", line);
    }
    const { id, url } = JSON.parse(uploaded[0] ?? "");
    compare(await shell("read", { URL: url, ID: id }), block("answer: read"));
    const offline = "User is offline - notification queued";
    assert.deepEqual(await shell("send", { URL: url, ID: id }), [offline, offline]);
    await shell("remove", { ID: id });
    const gone = await fetch(program.url + url);
    assert.equal(gone.status, 404);
    await gone.body?.cancel();
  }
});

Deno.test("docs/files.md: pieces of an upload go to the bucket itself", async () => {
  await using bucket = await S3Server.start();
  const env = {
    FILES_S3_ENDPOINT: bucket.config().endpoint,
    FILES_S3_BUCKET: BUCKET,
    FILES_S3_KEY: S3_KEY,
    FILES_S3_SECRET: S3_KEY,
    FILES_S3_DIRECT: "true",
  };
  await using program = await Program.start({ env });
  const { bearer: KEY } = await applicationOf(program, ["files:read", "files:write"]);
  const lines = await execute(program, "direct", { KEY });
  compare(lines, block("answer: direct"));
  assert.equal(bucket.keys().length, 1);
});

/** Runs the commands of a block. Resolves with what they print. */
async function execute(
  program: Program,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<string[]> {
  const task = (name: Parameters<typeof taskCommand>[0]) =>
    `APP_PORT=${program.port} ${taskCommand(name).map((word) => `'${word}'`).join(" ")}`;
  const script = block(`example: ${name}`).join("\n")
    .replaceAll("localhost:7000", `127.0.0.1:${program.port}`)
    .replaceAll("deno task upload", task("upload"))
    .replaceAll("deno task send", task("send"))
    .replaceAll("curl ", "curl -fsS -w '\\n' ");
  const given = Object.entries(variables)
    .map(([variable, value]) => `${variable}='${value}'\n`).join("");
  const { code, stdout, stderr } = await run([
    ...["sh", "-e", "-c", `cd ${program.dataDir}\n${given}${script}`],
  ]);
  assert.equal(code, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

function compare(lines: readonly string[], shown: readonly string[]): void {
  assert.equal(lines.length, shown.length, lines.join("\n"));
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith("{")) assert.equal(line, shown[at]);
    else assert.ok(matches(JSON.parse(line), shown[at] ?? ""), `${line} is not ${shown[at]}`);
  }
}

function block(name: string): string[] {
  return blocks.get(name) ?? assert.fail(name);
}
