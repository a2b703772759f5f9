/** `notifyli send`: sends one notification, by Redis where that is configured, else by the running server's API. */
import { parseArgs } from "node:util";
import { type Config, loadConfig } from "../config/config.ts";
import { CodedError } from "../base/errors.ts";
import { type ApiAnswer, callServer, refusedAnswer, serverFailure } from "./local_api.ts";
import { parseNotification } from "../inbox/notification.ts";
import { localTime, readTime } from "./time_option.ts";

/** Sender of seed 000's tool. */
const DEFAULT_FROM = "Test Bot";

const USAGE = `Usage: notifyli send -u USER [options]

Sends a notification to a user. Without -m it asks for what is missing on a terminal, and else reads the message
from standard input.

Options:
  -u, --user USER        User id (required)
  -r, --room ROOM        Room (default: BOT_ROOM, "1")
  -m, --message TEXT     The message
  -f, --from NAME        Name of the sender (default: "${DEFAULT_FROM}")
      --at TIME          When to deliver it: local, such as 2026-05-01T09:00, or Unix time in seconds
  -h, --help             Print this text

Where the server needs an API key, it is that of APP_API_KEY.

Exit codes: 0 sent, 1 not sent, 2 wrong options.`;

interface Sending {
  readonly user: string;
  readonly room: string;
  readonly message: string;
  readonly from: string;
  /** Unix time in seconds. */
  readonly at?: number;
}

/** What became of it: scheduled, or delivered to a user who is online or not. */
type Sent = { readonly deliverAt: number } | { readonly online: boolean };

/** Resolves with the exit code. */
export async function send(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(`${options}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { config } = loadConfig();
  const sending = await complete(options, config);
  if (typeof sending === "string") {
    console.error(`${sending}\n\n${USAGE}`);
    return 2;
  }
  try {
    parseNotification(payload(sending), { limits: config.limits, defaultRoom: sending.room });
    const sent = config.redis ? await byRedis(sending, config) : await byApi(sending, config);
    console.log(described(sent));
    return 0;
  } catch (error) {
    console.error(`Not sent: ${error instanceof Error ? error.message : error}`);
    return error instanceof CodedError && error.code !== "unavailable" ? 2 : 1;
  }
}

function described(sent: Sent): string {
  if ("deliverAt" in sent) return `Scheduled for ${localTime(sent.deliverAt)}`;
  return sent.online
    ? "User is online - notification delivered"
    : "User is offline - notification queued";
}

interface Options {
  readonly user: string;
  readonly room?: string;
  readonly message?: string;
  readonly from?: string;
  readonly at?: number;
  readonly help?: boolean;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        user: { type: "string", short: "u" },
        room: { type: "string", short: "r" },
        message: { type: "string", short: "m" },
        from: { type: "string", short: "f" },
        at: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return { user: "", help: true };
    if (!values.user) return "Missing option -u (--user)";
    const at = values.at === undefined ? undefined : readTime(values.at);
    if (values.at !== undefined && at === undefined) {
      return `Cannot take --at: current value is ${JSON.stringify(values.at)}, ` +
        "allowed is a time such as 2026-05-01T09:00, or Unix time in seconds";
    }
    return { ...values, user: values.user, at };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Asks on a terminal, or reads standard input, for what was not given. */
async function complete(options: Options, config: Config): Promise<Sending | string> {
  const { user, at } = options;
  let { room, message, from } = options;
  if (message === undefined && Deno.stdin.isTerminal()) {
    room ??= ask("Room", config.bot.room);
    from ??= ask("From", DEFAULT_FROM);
    message = ask("Message");
  }
  message ??= (await new Response(Deno.stdin.readable).text()).replace(/\r?\n$/, "");
  if (message === "") return "The message is empty";
  return { user, room: room ?? config.bot.room, message, from: from ?? DEFAULT_FROM, at };
}

/** Not by `prompt`'s own default: that stands in the line, and what is typed goes behind it. */
function ask(what: string, usual = ""): string {
  const answer = prompt(usual === "" ? `${what}:` : `${what} [${usual}]:`);
  if (answer === null) Deno.exit(1); // Ctrl-C or Ctrl-D
  return answer || usual;
}

function payload({ user, room, message, from, at }: Sending): Record<string, unknown> {
  return { user_id: user, room, message, from, deliver_at: at };
}

async function byRedis(
  { user, room, message, from, at }: Sending,
  config: Config,
): Promise<Sent> {
  const { Publisher } = await import("../publisher/publisher.ts");
  await using publisher = new Publisher({ ...config.redis, limits: config.limits });
  const online = await publisher.isUserConnected(user, room);
  const servers = await publisher.publish({
    userId: user,
    room,
    message,
    from,
    deliverAt: at,
  });
  if (servers === 0) {
    throw new CodedError(
      "unavailable",
      `no notifyli server listens on ${config.redis?.messageChannel}`,
    );
  }
  return at !== undefined && at > Date.now() / 1000 ? { deliverAt: at } : { online };
}

async function byApi(sending: Sending, config: Config): Promise<Sent> {
  const call = { method: "POST", path: "/api/notifications", body: payload(sending) } as const;
  const answer = await callServer(config, call).catch((cause) => {
    throw serverFailure(config, cause);
  });
  return sentOf(answer, config);
}

function sentOf(answer: ApiAnswer, config: Config): Sent {
  const { status, json } = answer;
  const isTaken = status === 200 || status === 201;
  const { online, deliver_at: deliverAt }: Record<string, unknown> = {
    ...(json as object | undefined),
  };
  if (isTaken && typeof deliverAt === "number") return { deliverAt };
  if (isTaken && typeof online === "boolean") return { online };
  throw refusedAnswer(config, answer);
}
