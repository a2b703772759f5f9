/** What the routes of made rooms are to their callers. What a rule may hold is what checks it. */
import {
  flag,
  line,
  list,
  named,
  object,
  oneOf,
  type SchemaFields,
  text,
  where,
  whole,
} from "../../base/schema.ts";
import type { Limits } from "../../base/sizes.ts";
import { type Abouts, may } from "../../http/openapi/about.ts";
import { at, kit, NEXT, PAGE, SITE, SITE_QUERY } from "../../http/openapi/kit.ts";
import { messageFields, SAYS } from "../api.ts";
import { RULE_FIELDS } from "../rules/rule_fields.ts";

/** The fields of a rule, as it is checked. */
const RULE: SchemaFields = Object.fromEntries(
  Object.entries(RULE_FIELDS).filter(([name]) => name !== "pattern")
    .map(([name, { shape, help }]) => [name, { description: help, ...shape.schema }]),
);

const ROOM = named(
  "Room",
  object("A room, with the rule that it was made with.", {
    room: text("Its name, or the pattern of the rooms that the rule is for."),
    made: flag("Whether it was made; others are there while somebody is in them."),
  }, {
    users: whole("How many users are in it; absent for a pattern."),
    ...RULE,
    created_at: at("When it was made."),
    updated_at: at("When it was changed last."),
    overruled_by: text("The pattern of the rooms' file that counts in its place."),
    partly_overruled_by: list("Patterns of the file that count for some of its rooms.", {
      type: "string",
    }),
  }),
);

export function madeRoomsApi(limits: Limits): Abouts {
  const { ofRoom, ofUser } = kit(limits);
  const rule = named(
    "RoomRule",
    object("What holds for a room. A field that is absent has its default.", {}, {
      ...RULE,
      site: SITE,
    }),
  );
  const errors = ["too_many_rooms"] as const;
  return {
    "GET /rooms": {
      id: "listRooms",
      tag: "rooms",
      summary: "List rooms: those that were made, and those with somebody in them",
      query: {
        ...PAGE,
        ...SITE_QUERY,
        pattern: may(text("Which rooms, with `*` for any text."), "news:*"),
        made: may(oneOf("Only those that were made, or only the others.", ["true", "false"])),
      },
      answers: {
        200: {
          description: "A part of them.",
          json: object("Rooms, by their names.", { rooms: list("One part.", ROOM) }, {
            next: NEXT,
          }),
        },
      },
    },
    "GET /rooms/:room": {
      id: "getRoom",
      tag: "rooms",
      summary: "Show a room that was made, or has somebody in it",
      path: ofRoom,
      query: SITE_QUERY,
      answers: { 200: { description: "The room.", json: ROOM } },
    },
    "PUT /rooms/:room": {
      id: "putRoom",
      tag: "rooms",
      summary: "Make a room, or set the whole of its rule",
      path: ofRoom,
      body: {
        fields: rule,
        examples: {
          "With a history": { history: { size: 100, seconds: 86400 }, persistent: true },
          "For some users": { private: true, members: [42, "ada"], publish: "members" },
        },
      },
      answers: {
        201: { description: "It is made, and every node knows it.", json: ROOM },
        200: { description: "It was there, and is changed.", json: ROOM },
      },
      errors,
    },
    "PATCH /rooms/:room": {
      id: "editRoom",
      tag: "rooms",
      summary: "Change fields of a made room's rule",
      path: ofRoom,
      body: {
        fields: named(
          "RoomRuleChange",
          object("What is to change; `null` takes a field away.", {}, {
            ...Object.fromEntries(
              Object.entries(RULE).map(([name, { description, ...schema }]) => [
                name,
                { description, anyOf: [schema, { type: "null" }] },
              ]),
            ),
            site: SITE,
          }),
        ),
        isRequired: true,
        examples: { "Fewer clients": { maxClients: 100 } },
      },
      answers: { 200: { description: "The room as it is now.", json: ROOM } },
    },
    "DELETE /rooms/:room": {
      id: "deleteRoom",
      tag: "rooms",
      summary: "Delete a made room with all that it keeps",
      path: ofRoom,
      query: SITE_QUERY,
      answers: { 204: { description: "There is no such made room any more." } },
    },
    "DELETE /rooms/:room/connections/:user": {
      id: "putOutOfRoom",
      tag: "rooms",
      summary: "Put a user out of a room",
      path: { ...ofRoom, ...ofUser },
      query: SITE_QUERY,
      answers: { 204: { description: "The user is not in it any more; the user may come back." } },
    },
  };
}

export function broadcastApi(limits: Limits): Abouts {
  const rooms = line("Which rooms, with `*` for any text.", limits.room, "news:*");
  const result = object("What was said.", {
    id: text("The message's id in each room."),
    rooms: whole("In how many rooms."),
  });
  return {
    "POST /broadcast": {
      id: "broadcast",
      tag: "rooms",
      summary: "Say something in many rooms at once",
      query: { rooms: may(rooms) },
      body: {
        fields: named(
          "NewBroadcast",
          where(
            object("A message, and the rooms that it is said in.", {}, {
              rooms: { ...rooms, default: "*" },
              ...messageFields(limits),
            }),
            SAYS,
          ),
        ),
        text: "message",
        isRequired: true,
        examples: { "To some rooms": { rooms: "news:*", message: "We are back", name: "Shop" } },
      },
      answers: {
        200: { description: "It was said in all of them.", json: result },
        202: { description: "The rest goes on in the background.", json: result },
      },
      errors: ["rate_limited", "too_many_rooms"],
    },
  };
}
