/** The settings of API keys: the key that commands show to the server. */
import { optional, type SettingKind } from "../../config/kinds.ts";
import { slice } from "../../config/slice.ts";
import { parseApiKey } from "./api_key.ts";

const apiKey: SettingKind<string> = {
  allowed: "a key as `notifyli key create` prints it",
  test: (text) => parseApiKey(text) !== undefined,
  parse: (text) => text,
  shown: () => "***",
};

export const keys = slice({
  name: "keys",
  title: "API keys",
  settings: {
    APP_API_KEY: {
      default: "",
      help: "The API key that `send` and `key` show to the server; the server itself needs none",
      kind: optional(apiKey),
    },
  },
  config: (read): { readonly apiKey?: string } => ({ apiKey: read.value("APP_API_KEY") }),
});
