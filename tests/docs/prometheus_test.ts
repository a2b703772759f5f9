/** What `docs/metrics.md` says, with a real Prometheus: the table, the configuration, the alerts and the dashboard. */
import assert from "node:assert/strict";
import { AllFigures } from "../support/all_figures.ts";
import { ROOT } from "../support/paths.ts";
import { PrometheusServer } from "../support/prometheus.ts";
import { checkFigures, promtool } from "../support/promtool.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/metrics.md`);
const FOLDER = `${ROOT}deploy/prometheus`;
const CONFIG = await Deno.readTextFile(`${FOLDER}/prometheus.yml`);
const ALERTS = await Deno.readTextFile(`${FOLDER}/notifyli-alerts.yml`);

/** What a process shows that may read all of `/proc`, which servers of tests may not. */
const ELSEWHERE = ["process_open_fds"];

const EXPRESSIONS = expressionsIn(
  JSON.parse(await Deno.readTextFile(`${ROOT}deploy/grafana/notifyli.json`)),
);

Deno.test("docs/metrics.md has a row for each metric, with its help, and no other", async () => {
  await using servers = await AllFigures.start();
  const helps = new Map<string, string>();
  for (const text of await servers.texts()) {
    await checkFigures(text);
    for (const [, name = "", help = ""] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
      helps.set(name, help);
    }
  }
  assert.ok(helps.size > 100);
  const rows = [...PAGE.matchAll(/^\| `((?:notifyli|process)_\w+)` .*\| (\S.*?) +\|$/gm)];
  const told = new Map(rows.map(([, name = "", help = ""]) => [name, help]));
  for (const name of ELSEWHERE) assert.ok(told.delete(name), name);
  assert.deepEqual(Object.fromEntries([...told].sort()), Object.fromEntries([...helps].sort()));
});

Deno.test("the configuration of Prometheus is the one on the page, and its alerts do what they say", async () => {
  assert.ok(PAGE.includes(CONFIG.trim()));
  const [, commands = ""] = /<!-- example: check -->\s+```sh\n(.*?)```/s.exec(PAGE) ?? [];
  await using stack = new AsyncDisposableStack();
  const cwd = await copyOf(stack, "a key");
  for (const line of commands.trim().split("\n")) {
    const [program, ...args] = line.split(" ");
    assert.equal(program, "promtool");
    const said = await promtool(args, { cwd });
    assert.match(said, /SUCCESS/);
  }
  const named = [...ALERTS.matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const tested = await Deno.readTextFile(`${FOLDER}/notifyli-alerts.test.yml`);
  assert.deepEqual(named, [...PAGE.matchAll(/^\| `(Notifyli\w+)`/gm)].map(([, name]) => name));
  const byCount = ["NotifyliEventLoopLate", "NotifyliDeliverySlow", "NotifyliStoreSlow"];
  for (const name of named) assert.ok(byCount.includes(name!) || tested.includes(name!), `${name}`);
});

Deno.test("every expression of the dashboard and of the alerts finds what a real Prometheus has read of the nodes", async () => {
  await using servers = await AllFigures.start();
  const { embedded, redis } = servers;
  await using stack = new AsyncDisposableStack();
  const cwd = await copyOf(stack, redis.manager.key);
  const targets = redis.all.map(({ port }) => `"127.0.0.1:${port}"`).join(", ");
  const own = `
  - job_name: embedded
    authorization: { credentials: ${embedded.manager.key} }
    static_configs: [{ targets: ["127.0.0.1:${embedded.first.port}"] }]
`;
  const config = CONFIG.replace(/scrape_interval: \w+/, "scrape_interval: 1s")
    .replace(/targets: \[.*\]/, `targets: [${targets}]`) + own;
  await Deno.writeTextFile(`${cwd}/prometheus.yml`, config);
  await promtool(["check", "config", "prometheus.yml"], { cwd });
  const prometheus = stack.use(await PrometheusServer.start(`${cwd}/prometheus.yml`));
  for (const { manager, first } of [redis, embedded]) {
    const token = await connectionToken({ sub: "1" });
    const client = stack.use(await TestClient.connectWithToken(first.webSocketUrl, token));
    await manager.done(first, "/notifications", { user_id: 1, message: "Hello" });
    const [got] = await client.get("direct_message");
    await client.command("ack", { ids: [got!["id"]] });
  }
  await waitFor("all three nodes are read", async () => await prometheus.count("up == 1") === 3);
  assert.ok(EXPRESSIONS.length > 20);
  const queries = EXPRESSIONS.map((expression) =>
    expression.replaceAll("$__rate_interval", "1m").replaceAll("$job", ".*")
      .replaceAll("$instance", ".*")
  );
  const alerts = [...ALERTS.matchAll(/expr: (.*)$/gm)].map(([, expression = ""]) => expression)
    .map((expression) => expression.replace(/ (?:==|>) [\d.]+$/, "")); // what it is compared with
  const names = new Set<string>();
  for (const query of [...queries, ...alerts]) {
    for (const [name] of query.matchAll(/\b(?:notifyli|process)_\w+/g)) names.add(name);
    await waitFor(`${query} finds something`, async () => await prometheus.count(query) > 0);
  }
  assert.ok(names.size > 20);
});

/** A folder with the files of `deploy/prometheus`, and the key beside them. */
async function copyOf(stack: AsyncDisposableStack, key: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  for await (const { name } of Deno.readDir(FOLDER)) {
    await Deno.copyFile(`${FOLDER}/${name}`, `${folder}/${name}`);
  }
  await Deno.writeTextFile(`${folder}/notifyli.key`, key);
  return folder;
}

function expressionsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === "expr" ? [String(each)] : expressionsIn(each)
  );
}
