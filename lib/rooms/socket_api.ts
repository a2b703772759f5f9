/** What the commands of rooms are to clients. */
import { any, line, list, named, object, text, whole } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { at, CALLERS_ID, kit, NEXT, USER } from "../http/openapi/kit.ts";
import {
  REASON,
  RECOVERY,
  SAID_FIELDS,
  SINCE,
  type SocketAbouts,
} from "../http/openapi/socket_about.ts";
import { MAX_EVENT } from "./events.ts";

const { offset, data, ...SAID } = SAID_FIELDS;

const MESSAGE_FIELDS = object("A message in a room.", SAID, { offset, data });

const MESSAGE = named("RoomMessage", {
  ...MESSAGE_FIELDS,
  properties: {
    type: { const: "usermsg" },
    replay: { type: "boolean", description: "Whether it comes again, for who has just come." },
    ...Object(MESSAGE_FIELDS["properties"]),
  },
});

const THERE = {
  users: list(
    "Who is there.",
    object("A user.", { user_id: USER }, {
      name: text("The name that others see."),
      client_id: text("The user's connection."),
      connected_at: at("Since when."),
    }),
  ),
};

const MORE = { count: whole("How many there are, where these are not all."), next: NEXT };

export function roomSockets(limits: Limits): SocketAbouts {
  const { room, message, data: anything } = kit(limits);
  const ofRoom = { room };
  const limit = whole("How many at the most.", { least: 1, most: 1000, usual: 50 });
  const moved = { room, user_id: USER, timestamp: at("When.") };
  const publications = list("What was said.", MESSAGE);
  return {
    commands: {
      "subscribe room": {
        summary: "Enter a room",
        fields: object("Which.", ofRoom, {
          since: SINCE,
          replay: { type: "boolean", description: "Whether the last message comes again." },
          token: text("A subscription token, for a private room."),
        }),
        answer: object("Where the room stands.", { room, ...RECOVERY, publications }, {
          reason: REASON,
        }),
        example: { room: "lobby" },
      },
      "unsubscribe room": {
        summary: "Leave a room",
        fields: object("Which.", ofRoom),
        answer: object("The room.", ofRoom),
        example: { room: "lobby" },
      },
      publish: {
        summary: "Say something in a room",
        fields: object("A message.", ofRoom, { message, data: anything, id: CALLERS_ID }),
        answer: object("Where it stands.", { id: text("Its id.") }, {
          offset: RECOVERY.offset,
          epoch: RECOVERY.epoch,
        }),
        example: { room: "lobby", message: "Hello!" },
      },
      event: {
        summary: "Tell the others in a room of something of the moment",
        fields: object("An event.", { room, event: line("What happens.", MAX_EVENT) }, {
          data: anything,
        }),
        answer: object("The room.", ofRoom),
        example: { room: "lobby", event: "typing", data: { seconds: 5 } },
      },
      history: {
        summary: "Read what was said in a room",
        fields: object("How much.", ofRoom, { since: SINCE, limit }),
        answer: object("What was said.", { ...RECOVERY, publications }, { reason: REASON }),
        example: { room: "lobby", limit: 10 },
      },
      "presence room": {
        summary: "Ask who is in a room, and hear who comes and goes",
        fields: object("Which.", ofRoom, {
          limit,
          cursor: text("The `next` of the answer before."),
        }),
        answer: object("Who is there.", { room, ...THERE }, MORE),
        example: { room: "lobby" },
      },
    },
    pushes: {
      usermsg: { summary: "Somebody has said something in a room", fields: MESSAGE_FIELDS },
      event: {
        summary: "Somebody tells the room of an event, or something happened in a topic",
        fields: object("An event.", { id: text("Its id."), timestamp: at("When.") }, {
          room,
          topic: text("The topic."),
          subs: list("For which subscriptions it is.", whole("A subscription.")),
          offset,
          user_id: USER,
          name: text("Who it is from."),
          event: text("What happened."),
          data: any("Any JSON value."),
          replay: { type: "boolean" },
        }),
      },
      join: {
        summary: "Somebody has come into a room",
        fields: object("Who.", moved, { name: text("The name.") }),
      },
      leave: {
        summary: "Somebody has left a room",
        fields: object("Who.", moved, { name: text("The name.") }),
      },
      left: {
        summary: "This client is not in a room any more, and why where it did not ask for that",
        fields: object("Which.", ofRoom, { code: text("Why."), message: text("Why, for people.") }),
      },
      presence: {
        summary: "Who is in a room, where too many are there for each to be told of",
        fields: object("Who is there.", { room, ...THERE }, MORE),
      },
    },
  };
}
