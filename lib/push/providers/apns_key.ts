/** The key by which Apple knows a team's servers, out of the `.p8` file that Apple gives once. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { ConfigError } from "../../base/config_error.ts";
import { readPem } from "../../config/pem.ts";

/** Throws a `ConfigError` that says what is wrong with the file. */
export function readApnsKey(path: string): KeyObject {
  const pem = readPem("PUSH_APNS_KEY", path, "PRIVATE KEY");
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  throw new ConfigError(
    `Cannot use PUSH_APNS_KEY: current value is ${
      JSON.stringify(path)
    }, allowed is a key of P-256, ` +
      "as in AuthKey_….p8",
  );
}
