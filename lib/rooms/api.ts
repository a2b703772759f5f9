/** What the routes of rooms are to their callers: who is there, and what other systems say in them. */
import {
  line,
  list,
  named,
  object,
  type SchemaFields,
  text,
  where,
  whole,
} from "../base/schema.ts";
import type { JsonSchema } from "../base/shape.ts";
import type { Limits } from "../base/sizes.ts";
import { type About, type Abouts, may } from "../http/openapi/about.ts";
import {
  at,
  IDEMPOTENCY,
  kit,
  NEXT,
  PAGE,
  POSITION,
  SENDERS_ID,
  SITE,
  USER,
} from "../http/openapi/kit.ts";
import { MAX_EVENT } from "./events.ts";

/** A message has to say something. */
export const SAYS = { anyOf: [{ required: ["message"] }, { required: ["data"] }] };

/** What a system says, and as whom. */
export function messageFields(limits: Limits): SchemaFields {
  const { message, data, name, user } = kit(limits);
  return {
    message,
    data,
    name,
    user_id: {
      ...user,
      description: "As which user it is shown; the caller may speak for any user of its site.",
    },
    id: SENDERS_ID,
    site: SITE,
  };
}

const CONNECTION = named(
  "RoomConnection",
  object("A user in a room.", { user_id: USER, connected_at: at("Since when.") }, {
    name: text("The name that others see."),
    room: text("The room."),
    client_id: text("The user's connection."),
  }),
);

export function roomsApi(limits: Limits): Abouts {
  const { ofRoom, ofUser, name, data, user, room } = kit(limits);
  const say: Omit<About, "id"> = {
    tag: "rooms",
    summary: "Say something in a room",
    path: ofRoom,
    query: {
      name: may(name),
      user_id: may(line("As the field `user_id`.", limits.userId)),
      message: may({ ...text("As the field `message`.", { max: limits.message }) }),
    },
    headers: {
      ...IDEMPOTENCY,
      "X-Name": may({ ...name, description: "As the field `name`." }),
      "X-User-Id": may(line("As the field `user_id`.", limits.userId)),
    },
    body: {
      fields: newMessage(limits),
      text: "message",
      isRequired: true,
      examples: {
        "A text": { message: "Sale!", name: "Shop" },
        "As a user, with data": { message: "See this", user_id: 42, data: { article: 7 } },
      },
    },
    answers: {
      201: {
        description: "All in the room are sent it.",
        json: SAID,
        example: { id: "h4l0q9vd2e-1f", room: "lobby", offset: 12, epoch: "3f2a81c0" },
      },
      200: { description: "It was said before, under the same id.", json: SAID },
    },
    errors: ["rate_limited"],
  };
  return {
    "POST /rooms/:room/messages": { id: "sayInRoom", ...say },
    "PUT /rooms/:room/messages": { id: "putInRoom", ...say },
    "POST /rooms/:room/events": {
      id: "tellRoom",
      tag: "rooms",
      summary: "Tell those in a room of an event, which is not kept",
      path: ofRoom,
      body: {
        fields: named(
          "NewRoomEvent",
          object("An event.", { event: line("What happened.", MAX_EVENT, "typing") }, {
            data,
            name,
            user_id: { ...user, description: "Whom it is shown to be from." },
            site: SITE,
          }),
        ),
        isRequired: true,
        examples: { "Somebody is typing": { event: "typing", user_id: 42, data: { on: true } } },
      },
      answers: {
        200: {
          description: "All in the room are told.",
          json: object("What was told.", { room, event: text("What happened.") }),
        },
      },
      errors: ["rate_limited"],
    },
    "GET /rooms/:room/connections": {
      id: "listRoomConnections",
      tag: "rooms",
      summary: "List who is in a room",
      path: ofRoom,
      query: PAGE,
      answers: {
        200: {
          description: "A part of them.",
          json: object("Who is in the room.", {
            room,
            connections: list("One part of them.", CONNECTION),
          }, { count: whole("How many there are, where these are not all."), next: NEXT }),
        },
      },
    },
    "GET /rooms/:room/connections/:user": {
      id: "getRoomConnection",
      tag: "rooms",
      summary: "Ask whether a user is in a room",
      path: { ...ofRoom, ...ofUser },
      answers: { 200: { description: "The user is there.", json: CONNECTION } },
    },
  };
}

const SAID = named(
  "SaidInRoom",
  object("What was said.", { id: text("The message's id."), room: text("The room.") }, POSITION),
);

function newMessage(limits: Limits): JsonSchema {
  return named(
    "NewRoomMessage",
    where(object("A message.", {}, messageFields(limits)), SAYS),
  );
}
