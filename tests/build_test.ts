/** `deno task build`: what it makes is whole, made from the sources that are there, and made anew only where it is not. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand } from "./support/command.ts";
import { Checkout } from "./support/checkout.ts";

const DONE: Outcome = { code: 0, stdout: "", stderr: "" };
const BUNDLES = [
  "main.js",
  "main.css",
  "notifyli.js",
  "notifyli-worker.js",
  "notifyli-inbox.js",
  "notifyli-inbox-more.js",
  "notifyli-push.js",
];

Deno.test("what is built already is not built again: esbuild is not even looked for", async () => {
  await using checkout = await Checkout.make();
  const DENO_DIR = await Deno.makeTempDir();
  try {
    assert.equal((await build(checkout, { DENO_DIR })).code, 1, "it needs its packages");
    assert.deepEqual(await build(checkout), DONE);
    const before = await times(checkout);
    assert.deepEqual(await build(checkout, { DENO_DIR }), DONE);
    assert.deepEqual(await times(checkout), before);
  } finally {
    await Deno.remove(DENO_DIR, { recursive: true });
  }
});

const CHANGES: readonly [what: string, path: string][] = [
  ["a source of the page", "lib/page/main.tsx"],
  ["a part of the page's look", "lib/page/styles/tokens.css"],
  ["a source of the dashboard", "lib/dashboard/charts/scale.ts"],
  ["the dashboard's bundle", "static/dashboard/main.js"],
  ["a source of the client library", "lib/sdk/core/wake.ts"],
  ["a source of the service worker", "lib/sdk/push/worker/worker.ts"],
  ["a source that both share with the server", "lib/base/close_codes.ts"],
  ["the lock file", "deno.lock"],
  ["the build itself", "lib/build/bundle.ts"],
  ["a bundle", "static/notifyli-worker.js"],
];

Deno.test("a build follows every file that the bundles are made from, and no other", async (t) => {
  await using checkout = await Checkout.make();
  assert.deepEqual(await build(checkout), DONE);
  for (const [what, path] of CHANGES) {
    await t.step(`${what} is changed`, async () => {
      const before = await times(checkout);
      await Deno.writeTextFile(`${checkout.path}/${path}`, "\n", { append: true });
      assert.deepEqual(await build(checkout), DONE);
      assert.notDeepEqual(await times(checkout), before);
    });
  }
  await t.step("a bundle is cut off", async () => {
    const bundle = `${checkout.path}/static/main.js`;
    const whole = await Deno.readTextFile(bundle);
    await Deno.truncate(bundle, 1000);
    assert.deepEqual(await build(checkout), DONE);
    assert.equal(await Deno.readTextFile(bundle), whole);
  });
  await t.step("a file that is no source of them is changed", async () => {
    const before = await times(checkout);
    await Deno.writeTextFile(`${checkout.path}/lib/server.ts`, "\n", { append: true });
    assert.deepEqual(await build(checkout), DONE);
    assert.deepEqual(await times(checkout), before);
  });
});

Deno.test("builds at once disturb neither each other nor who reads the bundles", async () => {
  await using checkout = await Checkout.make();
  assert.deepEqual(await build(checkout), DONE);
  const bundle = `${checkout.path}/static/main.js`;
  const whole = await Deno.readTextFile(bundle);
  await Deno.remove(`${checkout.path}/static/.built`);
  let isBuilding = true;
  const builds = Promise.all([1, 2, 3].map(() => build(checkout))).finally(() =>
    isBuilding = false
  );
  while (isBuilding) {
    assert.ok(await Deno.readTextFile(bundle) === whole, "it was seen half written");
  }
  assert.deepEqual(await builds, [DONE, DONE, DONE]);
  assert.deepEqual(await namesIn(checkout), [".built", ...BUNDLES]);
});

Deno.test("a build that fails leaves the bundles that are there", async () => {
  await using checkout = await Checkout.make();
  assert.deepEqual(await build(checkout), DONE);
  const before = await times(checkout);
  await Deno.writeTextFile(`${checkout.path}/lib/sdk/core/wake.ts`, "}{", { append: true });
  const { code, stderr } = await build(checkout);
  assert.match(stderr, /wake\.ts/);
  assert.equal(code, 1);
  assert.deepEqual(await times(checkout), before);
  assert.deepEqual(await namesIn(checkout), [".built", ...BUNDLES]);
});

function build({ path }: Checkout, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return run(taskCommand("build"), { cwd: path, env: { NO_COLOR: "1", ...env } });
}

/** Of the bundles: when each was written, and as which file. */
function times({ path }: Checkout): Promise<unknown[]> {
  return Promise.all(BUNDLES.map(async (name) => {
    const { mtime, ino } = await Deno.stat(`${path}/static/${name}`);
    return { name, mtime, ino };
  }));
}

/** What a build left. */
async function namesIn({ path }: Checkout): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${path}/static`)) {
    if (/^\.|\.(js|css)$/.test(name)) names.push(name);
  }
  const order = [".built", ...BUNDLES];
  return names.sort((one, other) => order.indexOf(one) - order.indexOf(other));
}
