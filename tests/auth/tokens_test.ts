/** What the verifier takes and what it refuses, for each kind of key. */
import assert from "node:assert/strict";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair } from "jose";
import type { Identity } from "../../lib/core/identity.ts";
import { TokenVerifier } from "../../lib/auth/tokens.ts";
import { ConfigError } from "../../lib/base/config_error.ts";
import type { TokenAlgorithm, TokenConfig } from "../../lib/auth/settings.ts";
import { readConfig } from "../../lib/configuration.ts";
import { KeyServer } from "../support/key_server.ts";
import {
  APP_KEY,
  connectionToken,
  nowSeconds,
  type Signing,
  subscriptionToken,
} from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const OLD_KEY = "the key before with 32 bytes too..";
const ALICE: Identity = { site: "default", user: "123", rooms: [] };
const { limits } = readConfig({}).config;
const NOW = nowSeconds();

const hs256 = await open({ algorithm: "HS256", secrets: [APP_KEY, OLD_KEY] });

Deno.test("a connection token says who connects", async () => {
  const token = await connectionToken({
    sub: "alice",
    site_id: 7,
    sid: "session-1",
    name: " Alice ",
    jti: "token-1",
    iat: NOW,
    nbf: NOW,
    expire_at: NOW + 3600,
    rooms: ["news:*"],
    topics: ["Contact_*"],
  });
  assert.deepEqual(await hs256.connection(token), {
    site: "7",
    user: "alice",
    session: "session-1",
    name: "Alice",
    tokenId: "token-1",
    issuedAt: NOW * 1000,
    expiresAt: (NOW + 3600) * 1000,
    rooms: ["news:*"],
    topics: ["Contact_*"],
  });
});

Deno.test("a user's id may be a number, and the site be left out", async () => {
  const { user, site, expiresAt } = await hs256.connection(await connectionToken({ sub: 123 }));
  assert.deepEqual({ user, site, expiresAt }, {
    user: "123",
    site: "default",
    expiresAt: undefined,
  });
});

Deno.test("both of two keys count", async () => {
  assert.equal((await hs256.connection(await connectionToken({}, { key: OLD_KEY }))).user, "123");
});

const REFUSED: readonly [string, Record<string, unknown>, string, string][] = [
  ["no exp", { exp: undefined }, "invalid_token", "exp"],
  ["expired", { exp: NOW - 60 }, "expired_token", "exp"],
  ["not yet valid", { nbf: NOW + 60 }, "invalid_token", "nbf"],
  ["of the future", { iat: NOW + 60 }, "invalid_token", "iat"],
  ["its session is over", { expire_at: NOW - 1 }, "expired_token", "expire_at"],
  ["expire_at is a text", { expire_at: "never" }, "invalid_token", "expire_at"],
  ["no user", { sub: undefined }, "invalid_token", "sub"],
  ["a user in two lines", { sub: "a\nb" }, "invalid_token", "sub"],
  ["a user that is an object", { sub: {} }, "invalid_token", "sub"],
  ["no audience", { aud: undefined }, "invalid_token", "aud"],
  ["for another program", { aud: "shop" }, "invalid_token", "aud"],
  ["a site that is a path", { site_id: "a:b/../c" }, "invalid_token", "site_id"],
  ["rooms that are no list", { rooms: "*" }, "invalid_token", "rooms"],
  ["too many rooms", { rooms: Array(101).fill("a") }, "invalid_token", "rooms"],
  ["a name in two lines", { name: "a\nb" }, "invalid_token", "name"],
];

for (const [what, claims, code, named] of REFUSED) {
  Deno.test(`a connection token is refused: ${what}`, async () => {
    const error = await refusal(hs256.connection(await connectionToken(claims)));
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(`['"]${named}['"]`));
  });
}

Deno.test("clocks may differ by a few seconds", async () => {
  const token = await connectionToken({ exp: NOW - 2, nbf: NOW + 2, iat: NOW + 2 });
  assert.equal((await hs256.connection(token)).user, "123");
});

Deno.test("a token with another key, algorithm, signature or none is refused", async () => {
  const good = await connectionToken();
  const [header = "", payload = "", signature = ""] = good.split(".");
  const none = base64({ alg: "none", typ: "JWT" });
  const changed = base64({ ...JSON.parse(atob(payload)), sub: "7" });
  const tokens = [
    await connectionToken({}, { key: "another key, that has 32 bytes as well" }),
    await connectionToken({}, { key: APP_KEY.repeat(2), header: { alg: "HS512" } }),
    `${none}.${payload}.`,
    `${none}.${payload}.${signature}`,
    `${base64({ alg: "NONE" })}.${payload}.`,
    `${header}.${changed}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    "",
    "..",
    "not a token",
    `${base64({ alg: "HS256", crit: ["x"], x: 1 })}.${payload}.${signature}`,
  ];
  for (const token of tokens) {
    assert.equal((await refusal(hs256.connection(token))).code, "invalid_token", token);
  }
});

Deno.test("a token of 10 KB is refused unread, though it is signed", async () => {
  const error = await refusal(hs256.connection(await connectionToken({ x: "x".repeat(10_000) })));
  assert.deepEqual(
    [error.code, error.message],
    ["invalid_token", "Cannot take the token: it is longer than 8192 characters"],
  );
});

Deno.test("a subscription token is none for a connection, nor the reverse", async () => {
  const subscription = await subscriptionToken({ room: "vip" });
  const connection = await connectionToken({ room: "vip" });
  assert.equal((await refusal(hs256.connection(subscription))).code, "invalid_token");
  assert.equal(
    (await refusal(hs256.subscription(connection, ALICE, "vip"))).code,
    "invalid_token",
  );
});

Deno.test("a subscription token opens its room to its user", async () => {
  await hs256.subscription(await subscriptionToken({ room: "vip" }), ALICE, "vip");
  const bySession = await subscriptionToken({ room: "vip", sub: undefined, sid: "s" });
  await hs256.subscription(bySession, { ...ALICE, session: "s" }, "vip");
});

Deno.test("a subscription token opens nothing else, to nobody else", async () => {
  const cases: [Record<string, unknown>, Partial<Identity>, string][] = [
    [{ room: "other" }, {}, "it is for another room"],
    [{ room: "*" }, {}, "it is for another room"],
    [{}, {}, "it is for another room"],
    [{ room: "vip", site_id: "shop" }, {}, "it is for another site"],
    [{ room: "vip" }, { site: "shop" }, "it is for another site"],
    [{ room: "vip" }, { user: "7" }, "it is for another user"],
    [{ room: "vip", sid: "s" }, { session: "t" }, "it is for another session"],
    [{ room: "vip", sid: "s" }, {}, "it is for another session"],
    [
      { room: "vip", sub: undefined },
      {},
      "it has neither 'sub' nor 'sid', and would let anyone in",
    ],
  ];
  for (const [claims, identity, why] of cases) {
    const token = await subscriptionToken(claims);
    const error = await refusal(hs256.subscription(token, { ...ALICE, ...identity }, "vip"));
    assert.deepEqual([error.code, error.message], [
      "invalid_token",
      `Cannot take the token: ${why}`,
    ]);
  }
});

for (const algorithm of ["RS256", "ES256", "EdDSA"] as const) {
  Deno.test(`${algorithm}: a token counts by the public key alone`, async () => {
    const pair = await generateKeyPair(algorithm);
    await using file = await pemFile(await exportSPKI(pair.publicKey));
    const verifier = await open({ algorithm, secrets: [], publicKey: file.path });
    const by = (signing: Signing) => connectionToken({}, signing);
    const header = { alg: algorithm };
    assert.equal(
      (await verifier.connection(await by({ key: pair.privateKey, header }))).user,
      "123",
    );

    const other = await generateKeyPair(algorithm);
    const confused = await by({ key: await Deno.readTextFile(file.path) }); // the public key as a secret
    const trimmed = await by({ key: (await Deno.readTextFile(file.path)).trim() });
    for (const token of [await by({ key: other.privateKey, header }), confused, trimmed]) {
      assert.equal((await refusal(verifier.connection(token))).code, "invalid_token");
    }
  });
}

Deno.test("the key file has to hold a key for the algorithm", async () => {
  const { publicKey } = await generateKeyPair("ES256");
  await using file = await pemFile(await exportSPKI(publicKey));
  await assert.rejects(
    open({ algorithm: "RS256", secrets: [], publicKey: file.path }),
    new ConfigError(
      `Cannot use APP_TOKEN_PUBLIC_KEY: current value is ${JSON.stringify(file.path)}, ` +
        "which holds no public key for RS256",
    ),
  );
});

Deno.test("JWKS: keys are kept, and fetched again when one is not known, but not each time", async () => {
  await using keys = new KeyServer();
  using clock = new LaterClock();
  const first = await keys.add("first");
  const verifier = await open(keys.config);
  const connect = async (signing: Signing) =>
    await verifier.connection(await connectionToken({ exp: NOW + 3600 }, signing));

  await connect(first);
  await connect(first);
  assert.equal(keys.fetches, 1);

  const second = await keys.add("second");
  for (let count = 0; count < 5; count++) {
    assert.equal((await refusal(connect(second))).code, "invalid_token", "it is too soon to ask");
  }
  assert.equal(keys.fetches, 1);

  clock.pass(11_000);
  await connect(second);
  assert.equal(keys.fetches, 2);

  keys.remove("first");
  clock.pass(601_000);
  assert.equal((await refusal(connect(first))).code, "invalid_token", "it was taken away");
});

Deno.test("JWKS: where the keys cannot be had, the token is not called invalid", async () => {
  await using keys = new KeyServer();
  const key = await keys.add("first");
  const token = await connectionToken({}, key);
  const verifier = await open(keys.config);
  for (const status of [500, 302]) {
    keys.status = status;
    const before = keys.fetches;
    await waitFor("it asks", async () => {
      assert.equal((await refusal(verifier.connection(token))).code, "unavailable");
      return keys.fetches > before;
    });
    for (let count = 0; count < 5; count++) await refusal(verifier.connection(token));
    assert.equal(keys.fetches, before + 1, "it is too soon to ask again");
  }
  keys.status = 200;
  const { user } = await waitFor(
    "the keys are there",
    () => verifier.connection(token).catch(() => undefined),
  );
  assert.equal(user, "123");
});

Deno.test("JWKS: while the provider is away, the keys that are known go on to count", async () => {
  await using keys = new KeyServer();
  using clock = new LaterClock();
  const first = await keys.add("first");
  const verifier = await open(keys.config);
  const connect = async (signing: Signing) =>
    await verifier.connection(await connectionToken({ exp: NOW + 30 * 24 * 3600 }, signing));
  await connect(first);
  const second = await keys.add("second");
  const { promise, resolve } = Promise.withResolvers<void>();
  const away: (() => void)[] = [
    () => keys.status = 503,
    () => [keys.status, keys.isEndless] = [200, true],
    () => [keys.isEndless, keys.held] = [false, promise],
  ];
  for (const go of away) {
    go();
    clock.pass(24 * 3600 * 1000);
    for (let count = 0; count < 3; count++) assert.equal((await connect(first)).user, "123");
  }
  resolve();
  await waitFor("the new key is known", () => connect(second).catch(() => undefined));
  keys.remove("first");
  clock.pass(601_000);
  await waitFor("what was taken away counts no more", async () => {
    return await connect(first).then(() => false, () => true);
  });
});

Deno.test("JWKS: an answer without end is given up", async () => {
  await using keys = new KeyServer();
  const token = await connectionToken({}, await keys.add("first"));
  keys.isEndless = true;
  const verifier = await open(keys.config);
  assert.equal((await refusal(verifier.connection(token))).code, "unavailable");
  assert.ok(keys.sent < 10_000_000, `${keys.sent} bytes are taken`);
});

Deno.test("JWKS: keys without a name are tried, and keys for something else are not in the way", async () => {
  await using keys = new KeyServer();
  const pairs = await Promise.all([1, 2, 3].map(() => generateKeyPair("ES256")));
  const jwks = await Promise.all(pairs.map(({ publicKey }) => exportJWK(publicKey)));
  for (const [index, jwk] of jwks.entries()) keys.publish(`nameless ${index}`, jwk);
  keys.publish("for encryption", { ...jwks[0], use: "enc" });
  keys.publish("of another kind", await exportJWK((await generateKeyPair("RS256")).publicKey));
  keys.publish("of another curve", await exportJWK((await generateKeyPair("ES384")).publicKey));
  keys.publish("none", { kty: "EC" });
  const named = await keys.add("named");
  const verifier = await open(keys.config);
  const signed = (key: CryptoKey, header = {}) =>
    connectionToken({}, { key, header: { alg: "ES256", ...header } });
  for (const { privateKey } of pairs) {
    for (const header of [{}, { kid: "a name that no key has" }]) {
      const { user } = await verifier.connection(await signed(privateKey, header));
      assert.equal(user, "123");
    }
  }
  await verifier.connection(await connectionToken({}, named));
  await verifier.connection(await signed(named.key as CryptoKey));
  const other = await generateKeyPair("ES256");
  for (const header of [{}, { kid: "named" }]) {
    const refused = await refusal(verifier.connection(await signed(other.privateKey, header)));
    assert.equal(refused.code, "invalid_token");
  }
  assert.equal(keys.fetches, 1);
});

Deno.test("JWKS: what is no token of the algorithm has nobody asked for keys", async () => {
  await using keys = new KeyServer();
  const verifier = await open(keys.config);
  const rs256 = await generateKeyPair("RS256");
  const others = [
    await connectionToken(),
    await connectionToken({}, { key: rs256.privateKey, header: { alg: "RS256" } }),
    "a.b.c",
    "x",
    "",
  ];
  for (const token of others) {
    assert.equal((await refusal(verifier.connection(token))).code, "invalid_token");
  }
  assert.equal(keys.fetches, 0);
});

/** `Date.now()`, later than it is. */
class LaterClock implements Disposable {
  readonly #now = Date.now;
  #ahead = 0;

  constructor() {
    Date.now = () => this.#now() + this.#ahead;
  }

  pass(ms: number): void {
    this.#ahead += ms;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}

function open(config: TokenConfig & { algorithm: TokenAlgorithm }): Promise<TokenVerifier> {
  return TokenVerifier.open(config, limits);
}

async function refusal(attempt: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await attempt;
  } catch (error) {
    return error as { code: string; message: string };
  }
  assert.fail("it was taken");
}

async function pemFile(pem: string): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(path, pem);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

function base64(value: unknown): string {
  return new TextEncoder().encode(JSON.stringify(value))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}
