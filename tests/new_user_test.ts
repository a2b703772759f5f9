/**
 * What a new user gets: a fresh checkout, an empty cache, the README's tasks. The packages are fetched once, by the
 * lock file, and no task asks for them again or prints what is not its own: not without a network, not in a checkout
 * that nobody may write to, not as another user than the one who built it.
 */
import assert from "node:assert/strict";
import { type Outcome, run } from "./support/command.ts";
import { Certificate } from "./support/certificate.ts";
import { Checkout } from "./support/checkout.ts";
import { NewUser, ownLines, type RunningTask } from "./support/new_user.ts";
import { NoNetwork } from "./support/no_network.ts";
import { ROOT } from "./support/paths.ts";
import { freePort } from "./support/free_port.ts";
import { APP_KEY } from "./support/tokens.ts";

const RULES = '{"unknown":"public","rooms":[{"pattern":"news"}]}';
const SEND = ["send", "-u", "123", "-m", "Your order has shipped"];

/** A user who has fetched the packages, which takes the network a while: those of some tests have got them already. */
let fetched: Promise<NewUser> | undefined;

function hasFetched(): Promise<NewUser> {
  return fetched ??= (async () => {
    await using checkout = await Checkout.make();
    const user = await NewUser.make({ checkout: checkout.path });
    assert.match((await user.task(["check"])).stderr, /^Download /m);
    return user;
  })();
}

Deno.test.afterAll(async () => await (await fetched)?.[Symbol.asyncDispose]());

Deno.test("the first command may be any task: it fetches the packages once, then does its own", async () => {
  await using checkout = await Checkout.make();
  const user = await NewUser.make({ checkout: checkout.path });
  fetched = Promise.resolve(user);
  const env = { APP_PORT: String(freePort()), APP_DATA_DIR: `${user.home}/data`, APP_KEY };
  const first = await user.task(SEND, env);
  assert.match(first.stderr, /^Download /m);
  const nobody = `Not sent: no notifyli server answers at http://127.0.0.1:${env.APP_PORT}`;
  assert.ok(ownLines(first).stderr.startsWith(nobody), first.stderr);
  assert.equal(ownLines(first).stderr.split("\n").length, 2, first.stderr);

  const second = await user.task(SEND, env);
  assert.doesNotMatch(second.stderr, /^Download /m);
  assert.deepEqual(ownLines(second), ownLines(first));
  assert.equal((await user.task(["--quiet", ...SEND], env)).stderr, ownLines(first).stderr);
});

Deno.test("without a network every task does its own and prints its own, from a cache that is there", async () => {
  await using checkout = await Checkout.make();
  await using user = await NewUser.make({
    checkout: checkout.path,
    packagesOf: await hasFetched(),
  });
  await using none = await NoNetwork.make();
  user.wrapper = none.wrapper;
  await using server = user.start(); // as the README says: without a setting, on port 7000
  assert.equal(await server.url(), "http://127.0.0.1:7000");
  await assertTasksWork(user);
  await assertOnlyLog(server);
  assert.ok((await Deno.stat(`${checkout.path}/data/notifyli.db`)).isFile);
});

Deno.test("another user, with a cache of his own, in a checkout that nobody may write to", async (t) => {
  await using checkout = await Checkout.make();
  await using builder = await NewUser.make({
    checkout: checkout.path,
    packagesOf: await hasFetched(),
  });
  await using user = await NewUser.make({ checkout: checkout.path, isNobody: true });
  const env = { APP_PORT: "0", APP_DATA_DIR: `${user.home}/data` };
  const build = async () => {
    await checkout.makeWritable();
    assert.deepEqual(ownLines(await builder.task(["build"])), { code: 0, stdout: "", stderr: "" });
    await checkout.makeReadOnly();
  };
  const assertNotBuilt = async (why: string) => {
    const { code, stdout, stderr } = ownLines(await user.task(["start"], env));
    assert.deepEqual([code, stdout], [1, ""], stderr);
    const told =
      `Cannot write to ${checkout.path}/static, where the page has to be built anew (${why}): `;
    assert.ok(stderr.startsWith(`${told}Permission denied`), stderr);
    assert.match(stderr, /Build it as a user who may write there: deno task build\n$/);
    assert.equal(stderr.split("\n").length, 2, stderr);
  };

  await t.step("a page that was never built stops the start, which names the folder", async () => {
    await checkout.makeReadOnly();
    await assertNotBuilt("it was never built here");
  });
  await t.step("a page that somebody built is served", async () => {
    await build();
    await using server = user.start({ ...env, APP_OPEN: "true" }); // the test is another user
    const response = await fetch(`${await server.url()}/main.js`);
    await response.body?.cancel();
    assert.equal(response.status, 200);
    await assertOnlyLog(server);
  });
  await t.step("all tasks work, and without a network", async () => {
    await using none = await NoNetwork.make();
    user.wrapper = none.wrapper;
    await using server = user.start({ ...env, APP_PORT: "7000" });
    await server.url();
    await assertTasksWork(user, env);
    await assertOnlyLog(server);
    user.wrapper = [];
  });
  await t.step("a data folder that may not be made is named, with its setting", async () => {
    const problem = 'Cannot use APP_DATA_DIR: current value is "data", and ' +
      `${checkout.path}/data/notifyli.db cannot be opened: this user may not write there ` +
      "(permission denied); allowed is a folder that the server's user may write to, or :memory:";
    const started = ownLines(await user.task(["start"], { APP_PORT: "0" }));
    assert.equal(JSON.parse(started.stderr).message, `cannot start: ${problem}`);
    assert.equal(started.code, 1);
    const listed = ownLines(await user.task(["key", "list"], { APP_PORT: String(freePort()) }));
    assert.deepEqual(listed, { code: 1, stdout: "", stderr: `Not done: ${problem}\n` });
  });
  await t.step("a cache that may not be made is named by Deno", async () => {
    const HOME = "/nonexistent";
    const { code, stderr } = await user.task(["check"], { HOME, DENO_DIR: "" });
    assert.match(stderr, /'\/nonexistent\/.cache\/deno\/.*Permission denied/);
    assert.notEqual(code, 0);
    assert.equal((await user.task(["check"], { HOME })).code, 0, "DENO_DIR names another");
  });
  await t.step("a page of other sources stops the start", async () => {
    await checkout.makeWritable();
    const source = `${checkout.path}/lib/page/text.ts`;
    await Deno.writeTextFile(source, "\n// changed\n", { append: true });
    await checkout.makeReadOnly();
    await assertNotBuilt("lib/page/text.ts has changed");
    await build();
    const now = await Deno.readTextFile(source);
    await checkout.makeWritable();
    await Deno.writeTextFile(source, now); // as git does: new times, the same content
    await checkout.makeReadOnly();
    await using server = user.start(env);
    await server.url();
  });
});

Deno.test("data, certificate, rules and keys may be in any folder, for every task", async () => {
  await using checkout = await Checkout.make();
  await using user = await NewUser.make({
    checkout: checkout.path,
    packagesOf: await hasFetched(),
  });
  await using certificate = await Certificate.make();
  const publicKey = `${user.home}/keys/public.pem`;
  await Deno.mkdir(`${user.home}/keys`);
  await Deno.writeTextFile(publicKey, await publicKeyPem());
  await Deno.writeTextFile(`${user.home}/rooms.json`, RULES);
  const env = {
    ...certificate.env,
    NODE_EXTRA_CA_CERTS: certificate.cert, // where it is set, Deno asks for more rights than a task has
    APP_PORT: String(freePort()),
    APP_DATA_DIR: `${user.home}/new/data`,
    APP_ROOMS: `${user.home}/rooms.json`,
    APP_TOKEN_ALGORITHM: "ES256",
    APP_TOKEN_PUBLIC_KEY: publicKey,
  };
  const checked = ownLines(await user.task(["check"], env));
  assert.match(checked.stdout, /^All is good[^]*^news /m, checked.stderr);
  assert.deepEqual([checked.code, checked.stderr], [0, ""]);
  const made = await user.task(["key", "create", "--name", "x", "--scope", "publish"], env);
  assert.match(made.stdout, /^nk_\w+\n$/, made.stderr);
  await using server = user.start(env);
  assert.match(await server.url(), /^https:/);
  const sent = await user.task(SEND, { ...env, APP_API_KEY: made.stdout.trim() });
  assert.deepEqual(ownLines(sent), QUEUED);
  await assertOnlyLog(server);
  assert.ok((await Deno.stat(`${env.APP_DATA_DIR}/notifyli.db`)).isFile);
});

Deno.test("CI is a new user: an empty cache, which goes with it, and the code of the README's test command", async () => {
  const folder = await Deno.makeTempDir();
  const npx = '#!/bin/sh\necho "$DENO_DIR $(ls -A "$DENO_DIR") $*"; exit 3\n';
  await Deno.writeTextFile(`${folder}/npx`, npx, { mode: 0o755 });
  try {
    const env = { PATH: `${folder}:${Deno.env.get("PATH")}`, DENO_DIR: "/not/this" };
    const { code, stdout, stderr } = await run([`${ROOT}.ci/run`], { env });
    assert.deepEqual([code, stderr], [3, ""]);
    const [, cache = ""] = /^(\/\S+) {2}-y deno@[\d.]+ task test\n$/.exec(stdout) ??
      assert.fail(stdout);
    assert.notEqual(cache, env.DENO_DIR);
    await assert.rejects(Deno.stat(cache), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what the tests run by Deno asks no registry either", async () => {
  for (const path of await sourcesIn(`${ROOT}tests`)) {
    const code = await Deno.readTextFile(path);
    const calls = code.matchAll(/\["(?:run|eval)",\s*("[^"]*")?|"(?:run|eval)",\s*("-[^"]*")/g);
    for (const [call, first, later] of calls) {
      assert.equal(first ?? later, '"--cached-only"', `${path}: ${call}`);
    }
  }
});

async function sourcesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await sourcesIn(`${folder}/${name}`));
    else if (name.endsWith(".ts")) found.push(`${folder}/${name}`);
  }
  return found;
}

const QUEUED: Outcome = {
  code: 0,
  stdout: "User is offline - notification queued\n",
  stderr: "",
};

/** All but `start`, which must be running; each prints its answer, and on standard error nothing. */
async function assertTasksWork(user: NewUser, env: Readonly<Record<string, string>> = {}) {
  const own = { ...env, APP_PORT: "7000" };
  assert.deepEqual(ownLines(await user.task(SEND, own)), QUEUED);
  const answers: readonly [task: string[], answer: RegExp][] = [
    [["check"], /^All is good\. [^]*\(all others\) +enter: everyone\n\nMay be called as: /],
    [["key", "list"], /^ID +NAME +SITE +SCOPES +CREATED +LAST USED +STATE\n$/],
    [["token", "--user", "123"], /^ey\w+\.[\w-]+\.[\w-]+\n$/],
  ];
  for (const [task, answer] of answers) {
    const settings = task[0] === "token" ? { ...own, APP_KEY } : own;
    const { code, stdout, stderr } = ownLines(await user.task(task, settings));
    assert.match(stdout, answer);
    assert.deepEqual([code, stderr], [0, ""]);
  }
}

/** Stops it; it has written its log, and nothing else. */
async function assertOnlyLog(server: RunningTask): Promise<void> {
  const { code, stdout, stderr } = ownLines(await server.stop());
  assert.deepEqual([code, stdout], [0, ""], stderr);
  const messages = stderr.trimEnd().split("\n").map((line) => JSON.parse(line).message);
  assert.deepEqual(messages.slice(-2), ["SIGTERM: stopping", "stopped"]);
  for (const line of stderr.trimEnd().split("\n")) assert.notEqual(JSON.parse(line).level, "error");
}

async function publicKeyPem(): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const der = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  return `-----BEGIN PUBLIC KEY-----\n${der.toBase64()}\n-----END PUBLIC KEY-----\n`;
}
