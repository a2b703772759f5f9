/** `notifyli token` prints a token signed with APP_KEY, for trying out. Applications sign their own (docs/auth.md). */
import { SignJWT } from "jose";
import { AUDIENCE } from "../auth/tokens.ts";
import { unixSeconds } from "../base/times.ts";
import { loadConfig } from "../configuration.ts";
import { subcommand } from "./subcommand.ts";
import { SECONDS, USER } from "./option_kinds.ts";
import type { Values } from "./options.ts";

const DEFAULT_TTL_SECONDS = 60;

const HELP = {
  usage: ["token --user USER [options]"],
  about: "Prints a token for a user, signed with APP_KEY, for trying out.",
  options: {
    user: USER,
    site: { short: "s", value: "SITE", help: "Site" },
    name: { short: "n", value: "NAME", help: "What others see" },
    room: {
      short: "r",
      value: "ROOM",
      help: "A subscription token for this private room, and no connection token",
    },
    ttl: {
      value: "SECONDS",
      kind: SECONDS,
      help: `How long it may be used (default: ${DEFAULT_TTL_SECONDS})`,
    },
    "expires-in": {
      value: "SECONDS",
      kind: SECONDS,
      help: "How long the session lasts that it begins (default: without an end)",
    },
  },
  exitCodes: "0 printed, 1 there is no APP_KEY, 2 wrong options or settings.",
} as const;

export const token = subcommand(HELP, async (wanted) => {
  const [secret] = loadConfig().config.auth.tokens?.secrets ?? [];
  if (secret === undefined) {
    console.error("Cannot sign a token: APP_KEY is not set, in the environment or in .env");
    return 1;
  }
  console.log(await sign(wanted, secret));
  return 0;
});

function sign(wanted: Values<typeof HELP.options>, secret: string): Promise<string> {
  const { user, site, name, room, ttl = DEFAULT_TTL_SECONDS, "expires-in": expiresIn } = wanted;
  const now = unixSeconds();
  const claims = {
    aud: room === undefined ? AUDIENCE.connection : AUDIENCE.subscription,
    sub: user,
    site_id: site,
    name,
    room,
    iat: now,
    exp: now + ttl,
    expire_at: expiresIn === undefined ? undefined : now + expiresIn,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
}
