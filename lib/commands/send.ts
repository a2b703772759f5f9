/** `notifyli send` sends one notification, to one user or to many: by Redis where that is configured, else by the running server's API. */
import { type Config, loadConfig } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";
import { type ApiAnswer, callServer, refusedAnswer, serverFailure } from "./local_api.ts";
import { isBroadcast, parseSending } from "../inbox/broadcasts/audience.ts";
import { INTERRUPTED, Interrupted, interruptible } from "./interrupts.ts";
import { FilesToSend, type Named, placesOf, type SentFiles } from "./send_files.ts";
import { readInput, readMessage } from "./standard_input.ts";
import { failed, subcommand } from "./subcommand.ts";
import { localTime } from "./local_time.ts";
import { JSON_VALUE, WHEN } from "./option_kinds.ts";
import { UsageError, type Values } from "./options.ts";
import { UploadTarget } from "./upload_target.ts";

/** The sender that the base protocol's own tool has. */
const DEFAULT_FROM = "Test Bot";

const HELP = {
  usage: [
    "send -u USER [options]",
    "send --users USER,… [options]",
    "send --topic TOPIC [options]",
    "send --everyone [options]",
  ],
  about:
    `Sends a notification to a user, or to many. Without -m it asks for what is missing on a terminal, and else
    reads the message from standard input. Files may be sent alone.`,
  options: {
    user: { short: "u", value: "USER", help: "User id" },
    users: { value: "USER,…", help: "Several users" },
    topic: { value: "TOPIC", help: "The followers of a topic" },
    everyone: { help: "Everyone who has ever connected" },
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
      value: "FILE",
      isRepeatable: true,
      help:
        "A file, which is uploaded first: its path, its http or https address, or the id of one that was uploaded; may be given up to 10 times",
    },
    image: { value: "FILE", help: "A picture, named in the same way" },
    title: { short: "t", value: "TEXT", help: "A title, in one line" },
    kind: { value: "KIND", help: "A category, such as order.shipped" },
    priority: { short: "p", value: "1-5", help: "Or min, low, default, high, urgent" },
    url: { value: "URL", help: "Where it leads: an address, or a path such as /orders/7" },
    icon: { value: "URL", help: "A small picture" },
    tags: { value: "WORD,…", help: "Words, at most 20" },
    actions: {
      value: "ACTIONS",
      help:
        'Buttons, at most 3: "view, Open, https://…; http, Close, https://…; reply, Answer", or JSON',
    },
    group: { value: "NAME", help: "The newest of a group stands for the others" },
    markdown: { help: "The message is Markdown" },
    critical: { help: "It passes what users have chosen" },
    progress: { value: "0-100", help: "How far something is, in percent" },
    at: {
      value: "TIME",
      kind: WHEN,
      help:
        'When to deliver it: "30m", "9am", "tomorrow 9:00", 2026-05-01T09:00, or Unix time in seconds',
    },
  },
  notes:
    `Where the server needs an API key, it is that of APP_API_KEY, with the scope publish, and files:write for
    files. What was uploaded is removed where the notification is not sent.`,
  exitCodes: "0 sent, 1 not sent, 2 wrong options or settings, 130 ended by Ctrl-C.",
} as const;

export const send = subcommand(HELP, async (given) => {
  const { config } = loadConfig();
  const sending = await complete(given, config);
  const named: Named = { attach: given.attach ?? [], image: given.image };
  const files = new FilesToSend(new UploadTarget(config, {}));
  try {
    // All that is wrong with the rest is said before anything is uploaded.
    parse({ ...sending, ...placesOf(named) }, config);
    const uploaded = await interruptible((signal) => files.upload(named, signal));
    const whole = { ...sending, ...uploaded };
    const sent = config.redis ? await byRedis(whole, config) : await byApi(whole, config);
    console.log(described(sent));
    return 0;
  } catch (error) {
    if (!isUnconfirmed(error)) await files.remove();
    const code = failed("Not sent", error);
    return error instanceof Interrupted ? INTERRUPTED : code;
  }
});

/** Throws where the server would refuse it. */
function parse(sending: Sending, { limits, inbox }: Config) {
  const recipients = inbox.recipients;
  return parseSending(payload(sending), { limits, defaultRoom: sending.room, recipients });
}

/** The notification may be there all the same. */
function isUnconfirmed(error: unknown): boolean {
  return error instanceof CodedError && error.code === "unconfirmed";
}

interface Sending extends SentFiles {
  readonly to: To;
  readonly room: string;
  readonly message?: string;
  readonly data?: unknown;
  readonly from: string;
  readonly shown: Shown;
  /** Unix time in seconds. */
  readonly at?: number;
}

/** To whom it goes, in the fields of a body: one of them. */
interface To {
  readonly user_id?: string;
  readonly user_ids?: string;
  readonly topic?: string;
  readonly everyone?: boolean;
}

/** How it is shown. */
type Shown = Pick<Values<typeof HELP.options>, typeof SHOWN[number]>;

const SHOWN = [
  ...["title", "kind", "priority", "url", "icon", "tags", "actions", "group", "markdown"] as const,
  ...["critical", "progress"] as const,
];

/** What became of the notification: it is scheduled, was sent to a user who is online or not, did not come by itself, or is for many. */
type Sent =
  | { readonly deliverAt: number }
  | { readonly online: boolean }
  | { readonly held: string }
  | { readonly many: string };

function described(sent: Sent): string {
  if ("many" in sent) return `Accepted for ${sent.many} - the server goes on sending it`;
  if ("deliverAt" in sent) return `Scheduled for ${localTime(sent.deliverAt)}`;
  if ("held" in sent) {
    return sent.held === "digested"
      ? "It waits for a digest"
      : "Withheld - the user does not get this kind";
  }
  return sent.online
    ? "User is online - notification delivered"
    : "User is offline - notification queued";
}

/** Asks on a terminal, or reads standard input, for what was not given. */
async function complete(
  { user, users, topic, everyone, at, data, attach, image, room, message, from, ...shown }: Values<
    typeof HELP.options
  >,
  config: Config,
): Promise<Sending> {
  const to = toOf({ user_id: user, user_ids: users, topic, everyone });
  const hasFiles = attach !== undefined || image !== undefined;
  const isAsked = message === undefined && data === undefined && Deno.stdin.isTerminal();
  if (isAsked && !hasFiles) {
    room ??= ask("Room", config.inbox.defaultRoom);
    from ??= ask("From", DEFAULT_FROM);
    message = ask("Message");
  }
  if (hasFiles) {
    if (data === undefined && !isAsked) message ??= await readInput();
  } else {
    if (data === undefined) message ??= await readMessage();
    if (message === "" && data === undefined) throw new UsageError("The message is empty");
  }
  room ??= config.inbox.defaultRoom;
  from ??= DEFAULT_FROM;
  return { to, room, message, data, from, shown, at };
}

/** Throws unless it goes to some, said in one way. */
function toOf(given: To): To {
  const to = Object.entries(given).filter(([, value]) => value !== undefined && value !== "");
  if (to.length === 1) return Object.fromEntries(to);
  if (to.length === 0) {
    throw new UsageError("Missing option -u (--user), --users, --topic or --everyone");
  }
  throw new UsageError("Cannot take more than one of --user, --users, --topic and --everyone");
}

/** Does not use `prompt`'s own default, which stands in the line, so that what is typed goes behind it. */
function ask(what: string, usual = ""): string {
  const answer = prompt(usual === "" ? `${what}:` : `${what} [${usual}]:`);
  if (answer === null) Deno.exit(1); // Ctrl-C or Ctrl-D
  return answer || usual;
}

function payload({ to, at, shown, ...rest }: Sending): Record<string, unknown> {
  return { ...to, ...rest, ...shown, deliver_at: at };
}

async function byRedis(sending: Sending, config: Config): Promise<Sent> {
  const { to: { user_id: user, user_ids, topic, everyone }, room, at } = sending;
  const { Publisher } = await import("../publisher/publisher.ts");
  await using publisher = new Publisher({
    ...config.redis,
    ...config.bridge,
    limits: config.limits,
  });
  const online = user !== undefined && await publisher.isUserConnected(user, room);
  const asked = parse(sending, config);
  const { tags, details, ...parsed } = asked;
  const users = isBroadcast(asked) && asked.audience.kind === "users"
    ? asked.audience.users
    : undefined;
  const servers = await publisher.publish({
    ...(user !== undefined && { userId: user }),
    ...(user_ids !== undefined && { userIds: users }),
    ...{ topic, everyone },
    ...parsed,
    deliverAt: at,
    tags,
    ...details,
  });
  if (servers === 0) {
    throw new CodedError(
      "unavailable",
      `no notifyli server listens on ${config.bridge?.messageChannel}`,
    );
  }
  if (user === undefined) return { many: manyOf(sending.to, users?.length) };
  return at !== undefined && at > Date.now() / 1000 ? { deliverAt: at } : { online };
}

/** In words. @param count how many they are, where that is known */
function manyOf({ topic }: To, count?: number): string {
  if (count !== undefined) return `${count} ${count === 1 ? "user" : "users"}`;
  return topic === undefined ? "everyone" : `the followers of ${topic}`;
}

async function byApi(sending: Sending, config: Config): Promise<Sent> {
  const call = { method: "POST", path: "/api/notifications", body: payload(sending) } as const;
  const answer = await callServer(config, call).catch((cause) => {
    throw serverFailure(config, cause);
  });
  return sentOf(answer, sending, config);
}

function sentOf(answer: ApiAnswer, { to }: Sending, config: Config): Sent {
  const { status, json } = answer;
  const isTaken = status === 200 || status === 201 || status === 202;
  const { id, online, deliver_at: deliverAt, recipients, state }: Record<string, unknown> = {
    ...(json as object | undefined),
  };
  if (isTaken && typeof id === "string" && to.user_id === undefined) {
    return { many: manyOf(to, typeof recipients === "number" ? recipients : undefined) };
  }
  if (isTaken && typeof state === "string") return { held: state };
  if (isTaken && typeof deliverAt === "number") return { deliverAt };
  if (isTaken && typeof online === "boolean") return { online };
  throw refusedAnswer(config, answer);
}
