/** The settings of webhooks: who is told what was delivered and read. */
import { ConfigError } from "../base/config_error.ts";
import { optional, secretUrl, type SettingKind } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { privateTargetsOf } from "../net/settings.ts";
import type { EndpointConfig } from "./endpoint.ts";
import { SECRET_PREFIX, secretKey } from "./signature.ts";

/** Secrets by which requests to applications are signed. */
export const signingSecret: SettingKind<readonly string[]> = {
  allowed: `${SECRET_PREFIX} and 24 to 64 bytes in base64, or two of these with a space between`,
  test: (text) =>
    text.split(" ").length <= 2 &&
    text.split(" ").every((each) => secretKey(each) !== undefined),
  parse: (text) => text.split(" "),
  shown: () => "***",
};

/** The config is `undefined` if no webhook is configured. */
export const hooks = slice({
  name: "hooks",
  title: "Webhook",
  settings: {
    WEBHOOK_URL: {
      default: "",
      help: "URL that is told by POST what was delivered and read: `https://shop.example/hook`",
      kind: optional(secretUrl),
    },
    WEBHOOK_SECRET: {
      default: "",
      help:
        "What webhooks are signed with: `whsec_…`; two with a space between while it is changed",
      kind: optional(signingSecret),
    },
  },
  config(read): EndpointConfig | undefined {
    const url = read.value("WEBHOOK_URL");
    const secrets = read.value("WEBHOOK_SECRET");
    if (url === undefined) return undefined;
    if (secrets === undefined) {
      throw new ConfigError(
        "Cannot use WEBHOOK_URL alone: WEBHOOK_SECRET is not set, and every webhook is signed",
      );
    }
    return { url, secrets, privateTargets: privateTargetsOf("WEBHOOK_URL", url, read) };
  },
});
