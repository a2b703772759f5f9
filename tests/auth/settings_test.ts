/** The settings of tokens: one kind of key, that of the algorithm, and no message that shows it. */
import assert from "node:assert/strict";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";
import { refusal, show } from "../support/settings.ts";

const APP_KEY = "hunter2".padEnd(32, ".");

Deno.test("readConfig() takes one kind of key for tokens, that of the algorithm", () => {
  const tokens = (env: Environment) => readConfig(env).config.auth.tokens;
  assert.deepEqual(tokens({ APP_KEY }), { algorithm: "HS256", secrets: [APP_KEY] });
  assert.deepEqual(tokens({ APP_TOKEN_ALGORITHM: "ES256", APP_TOKEN_PUBLIC_KEY: "/key.pem" }), {
    algorithm: "ES256",
    secrets: [],
    publicKey: "/key.pem",
  });
  assert.equal(
    tokens({ APP_TOKEN_ALGORITHM: "EdDSA", APP_TOKEN_JWKS_URL: "https://shop.example/jwks" })
      ?.jwksUrl,
    "https://shop.example/jwks",
  );
  const both = { APP_TOKEN_PUBLIC_KEY: "/key.pem", APP_TOKEN_JWKS_URL: "https://shop.example" };
  const wrong: [Environment, string][] = [
    [{ APP_TOKEN_ALGORITHM: "RS256" }, "Cannot use APP_TOKEN_ALGORITHM RS256: set one of"],
    [{ APP_TOKEN_ALGORITHM: "RS256", ...both }, "Cannot use APP_TOKEN_ALGORITHM RS256: set one of"],
    [
      { APP_TOKEN_ALGORITHM: "RS256", APP_KEY },
      "Cannot use APP_KEY with APP_TOKEN_ALGORITHM RS256",
    ],
    [{ APP_KEY, APP_TOKEN_PUBLIC_KEY: "/key.pem" }, "Cannot use APP_TOKEN_PUBLIC_KEY with"],
    [{ APP_TOKEN_JWKS_URL: "https://shop.example" }, "Cannot use APP_TOKEN_JWKS_URL with"],
    [{ APP_TOKEN_ALGORITHM: "none" }, 'Cannot use APP_TOKEN_ALGORITHM: current value is "none"'],
  ];
  for (const [env, start] of wrong) assert.ok(refusal(env).startsWith(start), show(env));
});

for (const key of ["hunter2", `${APP_KEY},hunter2`, `${APP_KEY},${APP_KEY},${APP_KEY}`, ","]) {
  Deno.test(`readConfig() refuses the APP_KEY ${key} without showing it`, () => {
    const message = refusal({ APP_KEY: key });
    assert.match(message, /^Cannot use APP_KEY: current value is "\*\*\*", allowed is a secret of/);
    assert.doesNotMatch(message, /hunter2/);
  });
}
