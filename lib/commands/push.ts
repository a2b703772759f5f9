/** `notifyli push` makes keys for Web Push. */
import { newVapidPair } from "../push/providers/vapid_keys.ts";
import { subcommandOf } from "./subcommand.ts";

const HELP = {
  usage: ["push keys"],
  about: "Makes a key for Web Push (VAPID), and prints it as a setting.",
  options: {},
  notes:
    `A server without this setting makes a key itself and keeps it in its database, so that most need
    none. Browsers subscribe with the public half of it: who has subscribed with another one must do so
    again.`,
  exitCodes: "0 printed, 2 wrong options.",
} as const;

export const push = subcommandOf(HELP, {
  keys: {
    run() {
      const { privateKey, publicKey } = newVapidPair();
      console.error(`A new key of Web Push, whose public half is ${publicKey}:`);
      console.log(`PUSH_VAPID_PRIVATE_KEY=${privateKey}`);
      return Promise.resolve(0);
    },
  },
});
