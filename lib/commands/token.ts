/** `notifyli token`: prints a token signed with APP_KEY, for trying out; applications sign their own (docs/auth.md). */
import { parseArgs } from "node:util";
import { SignJWT } from "jose";
import { AUDIENCE } from "../auth/tokens.ts";
import { loadConfig } from "../config/config.ts";

const USAGE = `Usage: notifyli token --user USER [options]

Prints a token for a user, signed with APP_KEY, for trying out.

Options:
  -u, --user USER           User id (required)
  -s, --site SITE           Site
  -n, --name NAME           What others see
  -r, --room ROOM           A subscription token for this private room, and no connection token
      --ttl SECONDS         How long it may be used (default: 60)
      --expires-in SECONDS  How long the session lasts that it begins (default: without an end)
  -h, --help                Print this text

Exit codes: 0 printed, 1 there is no APP_KEY, 2 wrong options.`;

const DEFAULT_TTL_SECONDS = 60;

/** Resolves with the exit code. */
export async function token(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`${options}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const [secret] = loadConfig().config.tokens?.secrets ?? [];
  if (secret === undefined) {
    console.error("Cannot sign a token: APP_KEY is not set, in the environment or in .env");
    return 1;
  }
  console.log(await sign(options, secret));
  return 0;
}

interface Options {
  readonly user: string;
  readonly site?: string;
  readonly name?: string;
  readonly room?: string;
  /** In seconds. */
  readonly ttl: number;
  readonly expiresIn?: number;
  readonly help?: boolean;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        user: { type: "string", short: "u" },
        site: { type: "string", short: "s" },
        name: { type: "string", short: "n" },
        room: { type: "string", short: "r" },
        ttl: { type: "string" },
        "expires-in": { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    const { user, site, name, room, help } = values;
    if (!user && !help) return "Missing option -u (--user)";
    return {
      user: user ?? "",
      ...{ site, name, room, help },
      ttl: seconds("--ttl", values.ttl) ?? DEFAULT_TTL_SECONDS,
      expiresIn: seconds("--expires-in", values["expires-in"]),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function seconds(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new RangeError(
    `Cannot take ${option}: current value is ${JSON.stringify(value)}, ` +
      "allowed is a number of seconds from 1 on",
  );
}

function sign({ user, site, name, room, ttl, expiresIn }: Options, secret: string) {
  const now = Math.floor(Date.now() / 1000);
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
