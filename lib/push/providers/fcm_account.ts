/** The service account that a project of Firebase has, out of the file that Google gives. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { ConfigError } from "../../base/config_error.ts";
import { reasonOf } from "../../base/reason.ts";
import { readTextFile } from "../../base/text_file.ts";
import { objectIn } from "./requests.ts";

const NAME = "PUSH_FCM_CREDENTIALS";

export interface FcmAccount {
  readonly project: string;
  readonly email: string;
  readonly keyId: string | undefined;
  readonly key: KeyObject;
  /** Where tokens are got. */
  readonly tokenUri: string;
}

/** Throws a `ConfigError` that says what is wrong with the file, and shows nothing of what is in it. */
export function readFcmAccount(path: string): FcmAccount {
  const fields = objectIn(textOf(path));
  if (fields["project_info"] !== undefined) {
    throw unusable(
      path,
      "is the app's google-services.json; allowed is the key of a service account",
    );
  }
  if (fields["type"] !== "service_account") {
    throw unusable(
      path,
      'is no JSON with "type": "service_account"; Firebase makes it in its settings',
    );
  }
  const tokenUri = field(path, fields, "token_uri");
  if (!isGoodUri(tokenUri)) throw unusable(path, "has a token_uri that is no https URL");
  const keyId = fields["private_key_id"];
  return {
    project: field(path, fields, "project_id"),
    email: field(path, fields, "client_email"),
    keyId: typeof keyId === "string" ? keyId : undefined,
    key: keyOf(path, field(path, fields, "private_key")),
    tokenUri,
  };
}

function textOf(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw unusable(path, `cannot be read (${reasonOf(error)})`);
  }
}

function field(path: string, fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw unusable(path, `has no ${name}`);
}

function keyOf(path: string, pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === "rsa") return key;
  throw unusable(path, "has a private_key that is no RSA key in PEM");
}

/** Plain http is for a gateway on this machine. */
function isGoodUri(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" ||
    url?.protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+)$/.test(url.hostname);
}

function unusable(path: string, what: string): ConfigError {
  return new ConfigError(
    `Cannot use ${NAME}: current value is ${JSON.stringify(path)}, which ${what}`,
  );
}
