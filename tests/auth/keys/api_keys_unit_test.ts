/** The parts of API keys by themselves: their text, and what is kept of them in memory. */
import assert from "node:assert/strict";
import {
  formatApiKey,
  hashOf,
  isSecretOf,
  newApiKeyText,
  parseApiKey,
} from "../../../lib/auth/keys/api_key.ts";
import { ApiKeys } from "../../../lib/auth/keys/api_keys.ts";
import { parseNewApiKey } from "../../../lib/auth/keys/fields.ts";
import { FailedAttempts } from "../../../lib/auth/failed_attempts.ts";
import { readConfig } from "../../../lib/configuration.ts";
import type { ApiKey, KeyStore } from "../../../lib/auth/keys/store.ts";
import { stubClock } from "../../support/stub_clock.ts";
import { waitFor } from "../../support/wait.ts";

const { config } = readConfig({});
const WANTED = { name: "shop", site: "default", scopes: ["publish"] } as const;

Deno.test("an API key's text is read as it was written, and no other is", () => {
  const text = newApiKeyText();
  const key = formatApiKey(text);
  assert.match(key, /^nk_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}$/);
  assert.deepEqual(parseApiKey(key), text);
  for (
    const wrong of ["", "nk_", `${key}x`, ` ${key}`, `${key}\n`, key.slice(1), key.toUpperCase()]
  ) {
    assert.equal(parseApiKey(wrong), undefined, wrong);
  }
});

Deno.test("new API keys are all different, and use every letter about as often", () => {
  const keys = Array.from({ length: 2000 }, () => formatApiKey(newApiKeyText()).slice(3));
  assert.equal(new Set(keys).size, keys.length);
  const counts = new Map<string, number>();
  for (const letter of keys.join("").replaceAll("_", "")) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  assert.equal(counts.size, 62);
  // About 1677 each, with a deviation of 41: seven times that never happens by chance.
  for (const [letter, count] of counts) {
    assert.ok(count > 1380 && count < 1980, `${letter} ${count}`);
  }
});

Deno.test("isSecretOf() takes the secret alone", () => {
  const { secret } = newApiKeyText();
  assert.equal(isSecretOf(secret, hashOf(secret)), true);
  for (const hash of [hashOf(`${secret}x`), "", "00", "not hex", hashOf("")]) {
    assert.equal(isSecretOf(secret, hash), false, hash);
  }
});

Deno.test("ApiKeys reads a key's store once for many calls, and hears of a revocation", async () => {
  const store = new CountedStore();
  const keys = new ApiKeys(store);
  const { key, text } = await keys.create(WANTED);
  const elsewhere = new ApiKeys(store);
  const checks = await Promise.all(Array.from({ length: 1000 }, () => elsewhere.check(text)));
  assert.ok(checks.every((found) => typeof found !== "string" && found.id === key.id));
  assert.equal(store.reads, 1);
  assert.equal(store.touches, 1);
  await keys.revoke(key.id);
  assert.equal(await keys.check(text), `the API key ${key.id} is revoked`, "at once, here");
  const revokedAt = performance.now();
  await waitFor("it is revoked elsewhere", async () => {
    return typeof await elsewhere.check(text) === "string";
  });
  assert.ok(performance.now() - revokedAt < 30_000);
});

Deno.test("ApiKeys knows a key that it found good by its text, until it is revoked or expires", async () => {
  const store = new CountedStore();
  const keys = new ApiKeys(store);
  const { key, text } = await keys.create(WANTED);
  assert.equal(keys.checkedJustNow(text), undefined, "not before it was checked");
  await keys.check(text);
  assert.equal(keys.checkedJustNow(text)?.id, key.id);
  assert.equal(keys.checkedJustNow(`${text.slice(0, -1)}~`), undefined);
  const underWay = keys.check(text);
  await keys.revoke(key.id);
  await underWay;
  assert.equal(keys.checkedJustNow(text), undefined, "at once");

  const brief = await keys.create({ ...WANTED, expiresAt: Date.now() + 200 });
  await keys.check(brief.text);
  assert.notEqual(keys.checkedJustNow(brief.text), undefined);
  await waitFor("it expires", () => keys.checkedJustNow(brief.text) === undefined);
  assert.equal(await keys.check(brief.text), `the API key ${brief.key.id} has expired`);
});

Deno.test("ApiKeys says the same of an unknown key and of a wrong secret, and keeps neither", async () => {
  const store = new CountedStore();
  const keys = new ApiKeys(store);
  const { text } = await keys.create(WANTED);
  const wrong = `${text.slice(0, -1)}${text.endsWith("x") ? "y" : "x"}`;
  const unknown = formatApiKey(newApiKeyText());
  const said = "the API key is not one of this server's";
  for (const each of [wrong, unknown, "nk_", "Bearer", ""]) {
    assert.equal(await keys.check(each), said);
  }
  assert.equal(keys.isKnown(text), true, "its id is");
  assert.equal(keys.isKnown(unknown), false);
  assert.equal(store.touches, 0, "a wrong secret is no use of it");
});

Deno.test("ApiKeys opens nothing while its store is away, but knows what it knew", async () => {
  const store = new CountedStore();
  const keys = new ApiKeys(store);
  store.isAway = true;
  await assert.rejects(keys.exist(), /away/);
  await assert.rejects(keys.check(formatApiKey(newApiKeyText())), /away/);
  store.isAway = false;
  await waitFor("it is asked again", async () => await keys.exist() === false);
  store.isAway = true;
  assert.equal(await keys.exist(), false);
  store.isAway = false;
  await keys.create(WANTED);
  store.isAway = true;
  assert.equal(await keys.exist(), true);
});

Deno.test("ApiKeys goes by the reading of a key that began last", async () => {
  using clock = stubClock();
  const store = new CountedStore();
  const keys = new ApiKeys(store);
  const { key, text } = await keys.create(WANTED);
  await keys.check(text);
  clock.pass(501);
  const late = store.holdNext();
  const before = keys.check(text);
  clock.pass(501);
  await store.revoke(key.id, Date.now());
  assert.equal(await keys.check(text), `the API key ${key.id} is revoked`);
  late.resolve(key);
  assert.equal(await before, key, "it was asked for before the revocation");
  assert.equal(keys.checkedJustNow(text), undefined, "and is not kept");
  assert.equal(await keys.check(text), `the API key ${key.id} is revoked`);
});

Deno.test("ApiKeys forgets what it knew of a key that is revoked while a reading fails", async () => {
  using clock = stubClock();
  const store = new CountedStore();
  const keys = new ApiKeys(store);
  const { key, text } = await keys.create(WANTED);
  await keys.check(text);
  clock.pass(501);
  const late = store.holdNext();
  const failing = keys.check(text);
  await keys.revoke(key.id);
  late.reject(new Error("away"));
  await assert.rejects(failing, /away/);
  assert.equal(await keys.goodBefore(text), undefined);
});

Deno.test("ApiKeys knows of the first key, also where it was just being asked whether there is one", async () => {
  const store = new CountedStore();
  const answer = Promise.withResolvers<boolean>();
  store.exist = () => answer.promise;
  const keys = new ApiKeys(store);
  const asking = keys.exist();
  await keys.create(WANTED);
  answer.resolve(false);
  await asking;
  assert.equal(await keys.exist(), true);
});

Deno.test("FailedAttempts allows 20 a minute of one address, and anew after it", () => {
  let now = 1000;
  const attempts = new FailedAttempts(() => now);
  for (let count = 0; count < 20; count++) {
    assert.equal(attempts.isOver("192.0.2.1"), false);
    attempts.note("192.0.2.1");
  }
  assert.equal(attempts.isOver("192.0.2.1"), true);
  assert.equal(attempts.isOver("192.0.2.2"), false);
  now += 60_000;
  assert.equal(attempts.isOver("192.0.2.1"), false);
  attempts.note("192.0.2.1");
  assert.equal(attempts.isOver("192.0.2.1"), false);
});

Deno.test("FailedAttempts forgets the oldest of more than 10,000 addresses, and no other", () => {
  const attempts = new FailedAttempts(() => 0);
  for (const address of ["192.0.2.1", "192.0.2.2"]) {
    for (let count = 0; count < 20; count++) attempts.note(address);
  }
  for (let address = 0; address < 9998; address++) attempts.note(`2001:db8::${address}`);
  assert.equal(attempts.isOver("192.0.2.1"), true);
  attempts.note("2001:db8::9998");
  assert.equal(attempts.isOver("192.0.2.1"), false);
  assert.equal(attempts.isOver("192.0.2.2"), true);
});

const REFUSED: [fields: Record<string, unknown>, said: RegExp][] = [
  [{ name: "" }, /'name' is empty/],
  [{ name: "two\nlines" }, /'name'.*one line/],
  [{ name: "\u001b[31mred" }, /'name'.*one line/],
  [{ name: "x".repeat(65) }, /'name' is too long/],
  [{ name: 5 }, /'name'/],
  [{ scopes: undefined }, /Missing field 'scopes'/],
  [{ scopes: [] }, /'scopes'.*publish, read, manage/],
  [{ scopes: "publish" }, /'scopes'/],
  [{ scopes: ["publish", "admin"] }, /'scopes'.*admin/],
  [{ scopes: ["publish", ["read"]] }, /'scopes'/],
  [{ site: "a:b" }, /'site'/],
  [{ site: "" }, /'site'/],
  [{ site: "../x" }, /'site'/],
  [{ expires_at: 1 }, /'expires_at'.*in the future/],
  [{ expires_at: "soon" }, /'expires_at'/],
  [{ expires_at: 0 }, /'expires_at'.*in the future/],
  [{ expires_at: "2100-02-30T00:00:00Z" }, /'expires_at'/],
  [{ expires_at: 1e300 }, /'expires_at'/],
];
for (const [fields, said] of REFUSED) {
  Deno.test(`parseNewApiKey() refuses ${JSON.stringify(fields).slice(0, 40)}`, () => {
    const wanted = { name: "shop", scopes: ["publish"], ...fields };
    assert.throws(() => parseNewApiKey(wanted, config.limits), said);
  });
}

Deno.test("parseNewApiKey() takes each scope once", () => {
  const scopes = ["read", "publish", "read"];
  const { limits } = config;
  assert.deepEqual(parseNewApiKey({ name: "shop", scopes }, limits).scopes, ["publish", "read"]);
});

/** Keeps keys in memory, and counts. */
class CountedStore implements KeyStore {
  reads = 0;
  touches = 0;
  isAway = false;
  readonly #keys = new Map<string, ApiKey>();
  #held: PromiseWithResolvers<ApiKey | undefined> | undefined;

  create(key: ApiKey): Promise<void> {
    this.#keys.set(key.id, key);
    return Promise.resolve();
  }

  /** The next question for a key is answered by the test. */
  holdNext(): PromiseWithResolvers<ApiKey | undefined> {
    return this.#held = Promise.withResolvers();
  }

  find(id: string): Promise<ApiKey | undefined> {
    this.reads++;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) return held.promise;
    return this.isAway ? Promise.reject(new Error("away")) : Promise.resolve(this.#keys.get(id));
  }

  list(): Promise<ApiKey[]> {
    return Promise.resolve([...this.#keys.values()]);
  }

  exist(): Promise<boolean> {
    return this.isAway ? Promise.reject(new Error("away")) : Promise.resolve(this.#keys.size > 0);
  }

  revoke(id: string, at: number): Promise<void> {
    const key = this.#keys.get(id);
    if (key !== undefined) this.#keys.set(id, { ...key, revokedAt: at });
    return Promise.resolve();
  }

  touch(): Promise<void> {
    this.touches++;
    return Promise.resolve();
  }
}
