/** `GET /metrics`: who may read it, what promtool makes of it, and that it has what `GET /api/stats` has. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { Program } from "../support/program.ts";
import { checkFigures, figuresIn } from "../support/promtool.ts";
import { waitFor } from "../support/wait.ts";

const EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

for (const [place, start] of PLACES) {
  Deno.test(`/metrics is what Prometheus reads, for a key that reads (${place})`, async () => {
    await using nodes = await start();
    for (const program of nodes.all) {
      await waitFor("it is ready", async () => {
        const { ok, body } = await fetch(`${program.url}/readyz`);
        await body?.cancel();
        return ok;
      });
      const response = await read(program, nodes.manager.key);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), EXPOSITION);
      const text = await response.text();
      await checkFigures(text);
      const figures = figuresIn(text);
      const valueOf = (name: string) => figures.find((each) => each.name === name)?.value;
      assert.equal(valueOf("notifyli_ready"), 1);
      assert.equal(valueOf("notifyli_build_info"), 1);
      assert.equal(valueOf("notifyli_redis_up"), nodes.redis && 1);
      assert.ok(valueOf("process_cpu_seconds_total")! > 0);
      assert.ok(valueOf("process_resident_memory_bytes")! > 1e6);
      const started = valueOf("process_start_time_seconds")!;
      assert.ok(Math.abs(started - Date.now() / 1000) < 3600, `${started}`);
    }
    const foreign = await Manager.of(nodes.first, "shop");
    assert.equal(await codeOf(read(nodes.last, foreign.key)), "403 forbidden");
    assert.equal(await codeOf(read(nodes.last)), "401 unauthorized");
    const sending = await keyWith(nodes.manager, nodes.first, ["publish"]);
    assert.equal(await codeOf(read(nodes.last, sending)), "403 forbidden");
    const reading = await keyWith(nodes.manager, nodes.first, ["read"]);
    const good = await read(nodes.last, reading);
    assert.equal(good.status, 200);
    await good.body?.cancel();
  });
}

Deno.test("/metrics is open to this machine where there is no key, and to nobody else", async () => {
  await using program = await Program.start({ isGuarded: true });
  const response = await read(program);
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const behind = await fetch(`${program.url}/metrics`, {
    headers: { "x-forwarded-for": "9.9.9.9" },
  });
  assert.equal(behind.status, 403);
  await behind.body?.cancel();
});

for (const listener of ["deno", "node"]) {
  Deno.test(`APP_METRICS_ADDRESS has the figures without a key, and nothing else (${listener})`, async () => {
    const port = freePort();
    const APP_METRICS_ADDRESS = `127.0.0.1:${port}`;
    await using _program = await Program.start({
      env: { APP_LISTENER: listener, APP_KEY: "k".repeat(32), APP_METRICS_ADDRESS },
    });
    const at = (path: string, method = "GET") =>
      fetch(`http://${APP_METRICS_ADDRESS}${path}`, { method });
    const response = await at("/metrics");
    assert.equal(response.headers.get("content-type"), EXPOSITION);
    await checkFigures(await response.text());
    assert.equal(await codeOf(at("/api/stats")), "404 not_found");
    assert.equal(await codeOf(at("/metrics", "POST")), "405 method_not_allowed");
    const head = await at("/metrics", "HEAD");
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  });
}

Deno.test("an address of metrics that is taken, or none, stops the start and is named", async () => {
  await using taken = await Program.start();
  for (
    const address of [
      `127.0.0.1:${taken.port}`,
      "192.0.2.1:9464",
      "shop.example",
      "127.0.0.1:99999",
      "[::1",
    ]
  ) {
    await using program = await Program.spawn({ env: { APP_METRICS_ADDRESS: address } });
    const { success } = await program.ended();
    assert.equal(success, false);
    assert.match(program.output, /APP_METRICS_ADDRESS/);
  }
});

Deno.test("while Redis is away, a key that was good before still opens figures, and nothing else", async () => {
  const [, , [, start] = assert.fail()] = PLACES;
  await using nodes = await start();
  const { manager, first } = nodes;
  const [known, unknown, revoked] = await Promise.all(
    [1, 2, 3].map(() => keyWith(manager, first, ["read", "manage"])),
  );
  for (const key of [known, revoked]) {
    const response = await read(first, key);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }
  await manager.call(first, "DELETE", `/keys/${revoked!.split("_")[1]}`);
  await nodes.redis!.stop();
  await waitFor("the node has lost Redis", async () => {
    const { status, body } = await fetch(`${first.url}/readyz`);
    await body?.cancel();
    return status === 503;
  });
  const at = (path: string) =>
    fetch(`${first.url}/api${path}`, { headers: { authorization: `Bearer ${known}` } });
  await waitFor("what was read of keys is not believed any more", async () => {
    const { status, body } = await at("/settings");
    await body?.cancel();
    return status === 503;
  });
  const response = await waitFor("figures say so", async () => {
    const response = await read(first, known);
    assert.equal(response.status, 200);
    const figures = figuresIn(await response.text());
    return figures.find(({ name }) => name === "notifyli_redis_up")?.value === 0 && figures;
  });
  assert.equal(response.find(({ name }) => name === "notifyli_ready")?.value, 0);
  const stats = await at("/stats");
  assert.deepEqual([stats.status, typeof (await stats.json()).clients], [200, "number"]);
  assert.equal(await codeOf(at("/settings")), "503 unavailable");
  for (const key of [unknown, revoked]) {
    assert.equal(await codeOf(read(first, key)), "503 unavailable");
  }
});

function read({ url }: Program, key?: string): Promise<Response> {
  const headers = key === undefined ? undefined : { authorization: `Bearer ${key}` };
  return fetch(`${url}/metrics`, { ...(headers && { headers }) });
}

async function codeOf(asking: Promise<Response>): Promise<string> {
  const response = await asking;
  return `${response.status} ${(await response.json()).code}`;
}

async function keyWith(manager: Manager, program: Program, scopes: string[]): Promise<string> {
  const { key } = await manager.done(program, "/keys", { name: "prometheus", scopes });
  return String(key);
}
