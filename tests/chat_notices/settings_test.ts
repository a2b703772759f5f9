/** The setting of notifications of conversations. */
import { chatNotices } from "../../lib/chat_notices/settings.ts";
import { testRefused, testSlice } from "../support/settings.ts";

testSlice(chatNotices, {
  defaults: { isOn: true },
  every: { APP_CHAT_NOTIFY: "false" },
  config: { isOn: false },
});

testRefused([["APP_CHAT_NOTIFY", "sometimes", "true"]]);
