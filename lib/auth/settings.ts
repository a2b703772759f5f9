/** The settings of who clients are: how the tokens are signed that say so. */
import { asks } from "../asks/settings.ts";
import { ConfigError } from "../base/config_error.ts";
import { listed, oneOf, optional, secretUrl, type SettingKind, text } from "../config/kinds.ts";
import type { Guard, ValuesOf } from "../config/setting.ts";
import { type Reader, slice } from "../config/slice.ts";
import { privateTargetsOf } from "../net/settings.ts";
import type { PrivateTargets } from "../net/outward.ts";

export type TokenAlgorithm = "HS256" | "RS256" | "ES256" | "EdDSA";

export interface TokenConfig {
  readonly algorithm: TokenAlgorithm;
  /** The secrets of HS256: the current one, and the previous one where there are two. */
  readonly secrets: readonly string[];
  /** Path of a PEM file. */
  readonly publicKey?: string;
  readonly jwksUrl?: string;
  /** Where `jwksUrl` may lead to besides public addresses. */
  readonly privateTargets?: PrivateTargets;
}

export interface AuthConfig {
  /** How users prove who they are; absent where there are no tokens. */
  readonly tokens?: TokenConfig;
  /** Whether an application is asked who clients are. With neither, the server is open, and believes them. */
  readonly asksWho?: boolean;
}

const appKey: SettingKind<readonly string[]> = {
  allowed: "a secret of at least 32 bytes, or two of these with a comma between",
  test: isAppKey,
  parse: listed,
  shown: () => "***",
};

/** With one of these settings the server is not open any more. */
const keys: Guard = { oneOf: ["APP_KEY", "APP_TOKEN_PUBLIC_KEY", "APP_TOKEN_JWKS_URL"] };

const SETTINGS = {
  APP_KEY: {
    default: "",
    help:
      "Secret that tokens are signed with (HS256); two, `current,previous`, while it is changed",
    kind: optional(appKey),
    guard: {
      ...keys,
      empty: {
        unless: "APP_OPEN",
        why:
          "anyone would be who they say. Fill it, or take it out to try the server out, or set " +
          "APP_OPEN=true if anyone may be anyone",
      },
    },
  },
  APP_TOKEN_ALGORITHM: {
    default: "HS256",
    help: "The one algorithm that tokens are signed with: `HS256`, `RS256`, `ES256` or `EdDSA`",
    kind: oneOf("HS256", "RS256", "ES256", "EdDSA"),
    guard: keys,
  },
  APP_TOKEN_PUBLIC_KEY: {
    default: "",
    help: "Public key file (PEM) for tokens by RS256, ES256 or EdDSA",
    kind: text,
    guard: keys,
  },
  APP_TOKEN_JWKS_URL: {
    default: "",
    help: "URL at which public keys are published (JWKS), in place of a file",
    kind: optional(secretUrl),
    guard: keys,
  },
};

type Read = Reader<ValuesOf<typeof SETTINGS>>;

export const auth = slice({
  name: "auth",
  title: "Who clients are",
  settings: SETTINGS,
  config(read): AuthConfig {
    const asksWho = read.of(asks).http?.kinds.includes("connect") ?? false;
    return { tokens: tokensOf(read), ...(asksWho ? { asksWho } : {}) };
  },
});

function tokensOf(read: Read): TokenConfig | undefined {
  const algorithm = read.value("APP_TOKEN_ALGORITHM");
  const secrets = read.value("APP_KEY") ?? [];
  const publicKey = read.value("APP_TOKEN_PUBLIC_KEY") || undefined;
  const jwksUrl = read.value("APP_TOKEN_JWKS_URL");
  if (algorithm === "HS256") {
    requireNoPublicKeys(publicKey, jwksUrl);
    return secrets.length === 0 ? undefined : { algorithm, secrets };
  }
  if (secrets.length > 0) {
    throw new ConfigError(
      `Cannot use APP_KEY with APP_TOKEN_ALGORITHM ${algorithm}: it is a secret for HS256`,
    );
  }
  if ((publicKey === undefined) === (jwksUrl === undefined)) {
    throw new ConfigError(
      `Cannot use APP_TOKEN_ALGORITHM ${algorithm}: ` +
        "set one of APP_TOKEN_PUBLIC_KEY and APP_TOKEN_JWKS_URL",
    );
  }
  if (jwksUrl === undefined) return { algorithm, secrets, publicKey };
  const privateTargets = privateTargetsOf("APP_TOKEN_JWKS_URL", jwksUrl, read);
  return { algorithm, secrets, jwksUrl, privateTargets };
}

function requireNoPublicKeys(publicKey: string | undefined, jwksUrl: string | undefined): void {
  if (publicKey === undefined && jwksUrl === undefined) return;
  const name = publicKey === undefined ? "APP_TOKEN_JWKS_URL" : "APP_TOKEN_PUBLIC_KEY";
  throw new ConfigError(
    `Cannot use ${name} with APP_TOKEN_ALGORITHM HS256: set it to RS256, ES256 or EdDSA`,
  );
}

function isAppKey(text: string): boolean {
  const secrets = text.split(",").map((secret) => secret.trim());
  return secrets.length <= 2 &&
    secrets.every((secret) => new TextEncoder().encode(secret).length >= 32);
}
