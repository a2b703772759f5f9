/** What endpoints are signed with, as a setting or a file gives it. */
import type { SettingKind } from "../config/kinds.ts";
import { SECRET_PREFIX, secretKey } from "./signature.ts";

export const signingSecret: SettingKind<readonly string[]> = {
  allowed: `${SECRET_PREFIX} and 24 to 64 bytes in base64, or two of these with a space between`,
  test: (text) =>
    text.split(" ").length <= 2 &&
    text.split(" ").every((each) => secretKey(each) !== undefined),
  parse: (text) => text.split(" "),
  shown: () => "***",
};
