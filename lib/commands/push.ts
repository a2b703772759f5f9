/** `notifyli push` makes keys for Web Push, and says whether the devices of a user can be reached. */
import { newVapidPair } from "../push/providers/vapid_keys.ts";
import { siteField } from "../auth/keys/fields.ts";
import type { Fields } from "../base/fields.ts";
import { loadConfig } from "../configuration.ts";
import { configureLogging } from "../log/logging.ts";
import { askAsOperator } from "./operator_call.ts";
import { UsageError } from "./options.ts";
import { failed, subcommandOf } from "./subcommand.ts";
import { table } from "./table.ts";

const HELP = {
  usage: ["push keys", "push test -u USER [--site SITE]"],
  about:
    `Makes a key for Web Push (VAPID), and prints it as a setting; or has the running server push a test
to all devices of a user, and prints what the provider of each has said.`,
  options: {
    user: { short: "u", value: "USER", help: "The user whose devices are meant" },
    site: { value: "SITE", help: "The site that the user is of" },
  },
  notes:
    `A server without this setting makes a key itself and keeps it in its database, so that most need
    none. Browsers subscribe with the public half of it: who has subscribed with another one must do so
    again.`,
  exitCodes: "0 printed, or taken for a device; 1 nothing was taken, 2 wrong options or settings.",
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
  test: {
    async run({ user, site }) {
      if (!user) throw new UsageError("Missing option -u (--user)");
      const { config } = loadConfig();
      configureLogging(config.log);
      try {
        const body = { user_id: user, ...(site !== undefined && { site: siteField({ site }) }) };
        const { pushes } = await askAsOperator(config, {
          method: "POST",
          path: "/api/push/test",
          body,
        });
        return told(user, Array.isArray(pushes) ? pushes : []);
      } catch (error) {
        return failed("Not done", error);
      }
    },
  },
});

/** Prints what the provider of each device has said; resolves with the exit code. */
function told(user: string, pushes: readonly Fields[]): number {
  if (pushes.length === 0) {
    console.error(`User ${user} has no devices`);
    return 1;
  }
  const rows = pushes.map(({ device, provider, platform, result, why }) =>
    [device, provider, platform, result, why].map((each) => String(each ?? ""))
  );
  console.log(table([["DEVICE", "PROVIDER", "PLATFORM", "RESULT", "WHY"], ...rows]));
  return pushes.some(({ result }) => result === "taken") ? 0 : 1;
}
