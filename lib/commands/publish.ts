/** `notifyli publish` says something in a room, or publishes an event in a topic, by the running server's API. */
import type { Config } from "../configuration.ts";
import { loadConfig } from "../configuration.ts";
import { callServer, refusedAnswer, serverFailure } from "./local_api.ts";
import { JSON_VALUE } from "./option_kinds.ts";
import { UsageError, type Values } from "./options.ts";
import { readMessage } from "./standard_input.ts";
import { failed, subcommand } from "./subcommand.ts";

const HELP = {
  usage: [
    "publish -r ROOM [options]",
    "publish --broadcast [-r PATTERN] [options]",
    "publish -t TOPIC -d JSON [--site SITE]",
  ],
  about:
    `Says something to all in a room, or publishes an event in a topic. In a room, without -m, -d and -e,
it reads the message from standard input.`,
  options: {
    room: { short: "r", value: "ROOM", help: "Room" },
    broadcast: { help: "Say it in all rooms, or in those of -r, in which `*` stands for any text" },
    topic: { short: "t", value: "TOPIC", help: "Topic: its event is an object, given by -d" },
    message: { short: "m", value: "TEXT", help: "The message, for people" },
    data: {
      short: "d",
      value: "JSON",
      kind: JSON_VALUE,
      help: 'What programs read, such as {"id":5}',
    },
    event: {
      short: "e",
      value: "NAME",
      help: "Tell of an event in place of a message: it is not kept",
    },
    name: { short: "n", value: "NAME", help: 'Whom it is from (default: "system")' },
    user: { short: "u", value: "USER", help: "The user whom it is from (default: nobody)" },
    site: { value: "SITE", help: "Site of the topic or the rooms (default: that of the API key)" },
  },
  notes: "Where the server needs an API key, it is that of APP_API_KEY.",
  exitCodes: "0 said, 1 not said, 2 wrong options or settings.",
} as const;

export const publish = subcommand(HELP, async (given) => {
  const { config } = loadConfig();
  const call = await callOf(given);
  try {
    console.log(await send(config, call));
    return 0;
  } catch (error) {
    return failed("Not said", error);
  }
});

interface SayCall {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function callOf(given: Values<typeof HELP.options>): Promise<SayCall> {
  const { topic, room, site, message, data, event, name, user } = given;
  if (topic !== undefined) return topicCall(topic, given);
  if (given.broadcast) return await broadcastCall(given);
  if (room === undefined || room === "") {
    throw new UsageError("Missing --room or --topic, which says where it goes");
  }
  const from = { name, user_id: user, site };
  const query = `?room=${encodeURIComponent(room)}`;
  if (event !== undefined) {
    if (message !== undefined) throw new UsageError("Cannot take --message beside --event");
    return { path: `/api/rooms/events${query}`, body: { event, data, ...from } };
  }
  const text = message ?? (data === undefined ? await readMessage() : undefined);
  return { path: `/api/rooms/messages${query}`, body: { message: text, data, ...from } };
}

async function broadcastCall(
  { room, message, data, event, name, user, site }: Values<typeof HELP.options>,
): Promise<SayCall> {
  if (event !== undefined) throw new UsageError("Cannot take --event beside --broadcast");
  const text = message ?? (data === undefined ? await readMessage() : undefined);
  const body = { message: text, data, name, user_id: user, rooms: room, site };
  return { path: "/api/broadcast", body };
}

function topicCall(
  topic: string,
  { data, site, ...others }: Values<typeof HELP.options>,
): SayCall {
  for (const option of ["broadcast", "room", "message", "event", "name", "user"] as const) {
    if (others[option] !== undefined) {
      throw new UsageError(`Cannot take --${option} beside --topic: a topic has data alone`);
    }
  }
  if (data === undefined) throw new UsageError("Missing --data, which is what the topic is told");
  return { path: `/api/topics/${encodeURIComponent(topic)}`, body: { data, site } };
}

async function send(config: Config, { path, body }: SayCall): Promise<string> {
  const answer = await callServer(config, { method: "POST", path, body }).catch((cause) => {
    throw serverFailure(config, cause);
  });
  const { id, event, rooms }: Record<string, unknown> = { ...(answer.json as object | undefined) };
  if (answer.status === 201 && typeof id === "string") {
    return `${path.startsWith("/api/topics/") ? "Published" : "Said"}, with the id ${id}`;
  }
  if (typeof rooms === "number") {
    const place = rooms === 1 ? "1 room" : `${rooms} rooms`;
    return `${answer.status === 202 ? "Being said" : "Said"} in ${place}, with the id ${id}`;
  }
  if (answer.status === 200 && typeof event === "string") return "Told";
  throw refusedAnswer(config, answer);
}
