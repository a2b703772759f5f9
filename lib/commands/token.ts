/** `notifyli token` prints a token signed with APP_KEY, for trying out. Applications sign their own (docs/auth.md). */
import { SignJWT } from "jose";
import { AUDIENCE } from "../auth/tokens.ts";
import { CodedError } from "../base/errors.ts";
import { unixSeconds } from "../base/times.ts";
import { loadConfig } from "../configuration.ts";
import { subcommand } from "./subcommand.ts";
import { filterField } from "../topics/filter.ts";
import { JSON_VALUE, SECONDS, USER } from "./option_kinds.ts";
import { UsageError, type Values } from "./options.ts";

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
    topic: {
      short: "t",
      value: "TOPIC",
      help: "A subscribe token for this topic, and no connection token",
    },
    filter: {
      short: "f",
      value: "JSON",
      kind: JSON_VALUE,
      help: 'With --topic: what each subscription has to filter by, such as {"id":5}',
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
  requireSense(wanted);
  const [secret] = loadConfig().config.auth.tokens?.secrets ?? [];
  if (secret === undefined) {
    console.error("Cannot sign a token: APP_KEY is not set, in the environment or in .env");
    return 1;
  }
  console.log(await sign(wanted, secret));
  return 0;
});

/** Checks that the options go together, and that the server would take the filter. */
function requireSense({ room, topic, filter }: Values<typeof HELP.options>): void {
  if (room !== undefined && topic !== undefined) {
    throw new UsageError("Cannot take --topic beside --room: a token is for one of them");
  }
  if (filter === undefined) return;
  if (topic === undefined) throw new UsageError("Missing option -t (--topic) beside --filter");
  try {
    filterField({ filter });
  } catch (error) {
    throw error instanceof CodedError ? new UsageError(error.message) : error;
  }
}

function sign(wanted: Values<typeof HELP.options>, secret: string): Promise<string> {
  const { user, site, name, room, topic, filter } = wanted;
  const { ttl = DEFAULT_TTL_SECONDS, "expires-in": expiresIn } = wanted;
  const now = unixSeconds();
  const claims = {
    aud: room === undefined && topic === undefined ? AUDIENCE.connection : AUDIENCE.subscription,
    sub: user,
    site_id: site,
    name,
    room,
    topic,
    filter,
    iat: now,
    exp: now + ttl,
    expire_at: expiresIn === undefined ? undefined : now + expiresIn,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
}
