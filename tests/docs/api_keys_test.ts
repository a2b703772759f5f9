/** Executes every example of `docs/api-keys.md`, as printed there but for ports, and holds its tables to the code. */
import assert from "node:assert/strict";
import { SCOPES } from "../../lib/base/scope.ts";
import { run, taskCommand } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { type LogLine, Program } from "../support/program.ts";
import { startHere } from "../support/server_here.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/api-keys.md`);

const examples = new Map(
  [...PAGE.matchAll(/<!-- (example: .+|answer: .+) -->\s+```\w+\n([^`]+)```/g)]
    .map(([, name = "", code = ""]) => [name, code]),
);

Deno.test("docs/api-keys.md: every block is an example that is executed", () => {
  assert.equal(examples.size, PAGE.match(/^```\w+$/gm)?.length);
  assert.deepEqual([...examples.keys()], [
    ...["example: create", "example: use", "example: revoke", "example: first"],
    ...["example: manage", "example: http"],
    ...["answer: http", "answer: audit"],
  ]);
});

Deno.test("docs/api-keys.md: its scopes are those of the code", () => {
  const [, table = ""] = PAGE.split("| scope ");
  const listed = [...table.split("\n\n", 1)[0]?.matchAll(/^\| `([\w:]+)`/gm) ?? []];
  assert.deepEqual(listed.map(([, scope]) => scope), [...SCOPES]);
});

Deno.test("docs/api-keys.md: its routes are those of a server, each with its own scope", async () => {
  await using server = await startHere();
  const listed = [...PAGE.matchAll(/^\| `(\w+) \/api(\S+)` +\| `([\w:]+)`( or a user)?/gm)]
    .map(([, method, path, scope, users = ""]) => `${method} ${path} ${scope}${users}`);
  const mounted = server.routes.map(({ method, path, scope, users }) =>
    `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")} ${scope}${users ? " or a user" : ""}`
  );
  assert.deepEqual(listed.sort(), mounted.sort());
});

Deno.test("docs/api-keys.md: create, use and revoke", async () => {
  await using place = await Place.make();
  const { program } = place;
  const key = await execute("create", place);
  assert.match(key, /^nk_\w{12}_\w{40}\n$/);
  const env = { KEY: key.trim(), ID: key.split("_")[1] ?? "" };
  const used = await execute("use", place, env);
  assert.match(
    used,
    /"user_id":123.*"connections":\[\].*User is offline - notification queued\n$/s,
  );
  const revoked = await execute("revoke", place, env);
  assert.match(revoked, new RegExp(`^${env.ID}  shop .*\nRevoked ${env.ID}\n$`, "ms"));
  const line = await audited(program, "key.revoke");
  assert.deepEqual(Object.keys(line), Object.keys(JSON.parse(examples.get("answer: audit") ?? "")));
  assert.deepEqual([line["who"], line["name"], line["address"]], ["operator", "shop", "127.0.0.1"]);
});

Deno.test("docs/api-keys.md: the first key by curl", async () => {
  await using place = await Place.make();
  const { program } = place;
  assert.match(await execute("first", place), /"scopes":\["manage"\].*"key":"nk_\w+"/);
  assert.equal((await audited(program, "key.create"))["who"], "operator");
});

Deno.test("docs/api-keys.md: manage, and over HTTP", async () => {
  await using place = await Place.make();
  const { program } = place;
  const [shop = "", KEY = ""] = (await execute("manage", place, {}, "echo $APP_API_KEY")).split(
    "\n",
  );
  const output = await execute("http", place, { KEY, ID: shop.split("_")[1] ?? "" });
  const printed = (examples.get("answer: http") ?? "").trim().replaceAll(/([{,:[]) | (?=})/g, "$1");
  const pattern = printed.replace(/[{}[\]]/g, "\\$&").replaceAll("nk_…", "nk_\\w+")
    .replaceAll("…", '[^",]+');
  assert.match(output, new RegExp(`^${pattern}\\{"keys":\\[`));
  await audited(program, "key.revoke");
});

async function execute(
  name: string,
  { program, folder }: Place,
  env: Readonly<Record<string, string>> = {},
  andThen = "",
): Promise<string> {
  const here = (examples.get(`example: ${name}`) ?? "exit 1")
    .replaceAll("http://localhost:7000", program.url)
    .replaceAll(/deno task (\w+)/g, (_, task) => taskCommand(task).join(" "))
    .replaceAll("curl ", "curl -sS ");
  const { code, stdout, stderr } = await run(["sh", "-ec", `${here}\n${andThen}`], {
    cwd: folder,
    env: { APP_PORT: String(program.port), NO_COLOR: "1", ...env },
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Where a server was started: its data folder is `data` there. */
class Place implements AsyncDisposable {
  private constructor(readonly folder: string, readonly program: Program) {}

  static async make(): Promise<Place> {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(`${folder}/data`);
    return new Place(folder, await Program.start({ dataDir: `${folder}/data` }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function audited(program: Program, action: string): Promise<LogLine> {
  return program.line((line) => line["action"] === action);
}
