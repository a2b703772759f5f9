/** The settings of notifications. */
import { testRefused } from "../support/settings.ts";

testRefused([
  ["APP_LIMIT_INBOX", "unlimited", "a whole number from 1 on, or off"],
  ["BOT_ROOM", "two\nlines", "a non-empty text in one line"],
]);
