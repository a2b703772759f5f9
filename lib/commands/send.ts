/** `notifyli send` sends one notification: by Redis where that is configured, else by the running server's API. */
import { type Config, loadConfig } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";
import { type ApiAnswer, callServer, refusedAnswer, serverFailure } from "./local_api.ts";
import { parseNotification } from "../inbox/notification.ts";
import { readMessage } from "./standard_input.ts";
import { failed, subcommand } from "./subcommand.ts";
import { localTime } from "./local_time.ts";
import { JSON_VALUE, TIME, USER } from "./option_kinds.ts";
import { UsageError, type Values } from "./options.ts";

/** The sender that the base protocol's own tool has. */
const DEFAULT_FROM = "Test Bot";

const HELP = {
  usage: ["send -u USER [options]"],
  about:
    `Sends a notification to a user. Without -m it asks for what is missing on a terminal, and else
    reads the message from standard input.`,
  options: {
    user: USER,
    room: { short: "r", value: "ROOM", help: 'Room (default: BOT_ROOM, "1")' },
    message: { short: "m", value: "TEXT", help: "The message" },
    data: {
      short: "d",
      value: "JSON",
      kind: JSON_VALUE,
      help: 'What programs read, beside the message or in its place, such as {"id":5}',
    },
    from: {
      short: "f",
      value: "NAME",
      help: `Name of the sender (default: "${DEFAULT_FROM}")`,
    },
    attach: {
      value: "ID,…",
      help: "Files that were uploaded, by their ids, at most 10",
    },
    image: { value: "ID", help: "A picture that was uploaded, by its id" },
    at: {
      value: "TIME",
      kind: TIME,
      help: "When to deliver it: local, such as 2026-05-01T09:00, or Unix time in seconds",
    },
  },
  notes: "Where the server needs an API key, it is that of APP_API_KEY.",
  exitCodes: "0 sent, 1 not sent, 2 wrong options or settings.",
} as const;

export const send = subcommand(HELP, async (given) => {
  const { config } = loadConfig();
  const sending = await complete(given, config);
  try {
    parseNotification(payload(sending), { limits: config.limits, defaultRoom: sending.room });
    const sent = config.redis ? await byRedis(sending, config) : await byApi(sending, config);
    console.log(described(sent));
    return 0;
  } catch (error) {
    return failed("Not sent", error);
  }
});

interface Sending {
  readonly user: string;
  readonly room: string;
  readonly message?: string;
  readonly data?: unknown;
  readonly from: string;
  readonly attachments?: string;
  readonly image?: string;
  /** Unix time in seconds. */
  readonly at?: number;
}

/** What became of the notification: it is scheduled, or was sent to a user who is online or not. */
type Sent = { readonly deliverAt: number } | { readonly online: boolean };

function described(sent: Sent): string {
  if ("deliverAt" in sent) return `Scheduled for ${localTime(sent.deliverAt)}`;
  return sent.online
    ? "User is online - notification delivered"
    : "User is offline - notification queued";
}

/** Asks on a terminal, or reads standard input, for what was not given. */
async function complete(
  { user, at, data, attach, image, ...given }: Values<typeof HELP.options>,
  config: Config,
): Promise<Sending> {
  let { room, message, from } = given;
  if (message === undefined && data === undefined && Deno.stdin.isTerminal()) {
    room ??= ask("Room", config.inbox.defaultRoom);
    from ??= ask("From", DEFAULT_FROM);
    message = ask("Message");
  }
  if (data === undefined) message ??= await readMessage();
  if (message === "" && data === undefined) throw new UsageError("The message is empty");
  room ??= config.inbox.defaultRoom;
  return { user, room, message, data, from: from ?? DEFAULT_FROM, attachments: attach, image, at };
}

/** Does not use `prompt`'s own default, which stands in the line, so that what is typed goes behind it. */
function ask(what: string, usual = ""): string {
  const answer = prompt(usual === "" ? `${what}:` : `${what} [${usual}]:`);
  if (answer === null) Deno.exit(1); // Ctrl-C or Ctrl-D
  return answer || usual;
}

function payload({ user, at, ...rest }: Sending): Record<string, unknown> {
  return { user_id: user, ...rest, deliver_at: at };
}

async function byRedis(
  { user, room, attachments, at, ...rest }: Sending,
  config: Config,
): Promise<Sent> {
  const { Publisher } = await import("../publisher/publisher.ts");
  await using publisher = new Publisher({
    ...config.redis,
    ...config.bridge,
    limits: config.limits,
  });
  const online = await publisher.isUserConnected(user, room);
  const servers = await publisher.publish({
    userId: user,
    room,
    ...rest,
    attachments: attachments?.split(","),
    deliverAt: at,
  });
  if (servers === 0) {
    throw new CodedError(
      "unavailable",
      `no notifyli server listens on ${config.bridge?.messageChannel}`,
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
