/** The settings of limits and rates. */
import { testRefused } from "../support/settings.ts";

testRefused([
  ["APP_LIMIT_FRAME", "0", "a whole number from 1 on, or off"],
  ["APP_LIMIT_MESSAGE", "-5", "a whole number from 1 on, or off"],
  ["APP_LIMIT_QUEUE", "1e6", "a whole number from 1 on, or off"],
  ["APP_LIMIT_ROOMS", "9999999999999999", "a whole number from 1 on, or off"],
  ["APP_AUTH_SECONDS", "0", "a number of seconds from 1 to 86400, or off"],
  ["APP_RATE_MESSAGES", "100", "a rate and a burst such as 100/2000, or off"],
  ["APP_RATE_MESSAGES_USER", "0/10", "a rate and a burst such as 100/2000, or off"],
  ["APP_RATE_CONNECTS", "10/0", "a rate and a burst such as 100/2000, or off"],
  ["APP_RATE_CONNECTS_IP", "1.5/2", "a rate and a burst such as 100/2000, or off"],
]);
