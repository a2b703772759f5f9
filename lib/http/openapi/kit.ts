/** Schemas that the descriptions of several capabilities share. The limits are those of the server that is described. */
import {
  any,
  either,
  flag,
  line,
  list,
  named,
  number,
  object,
  text,
  whole,
} from "../../base/schema.ts";
import type { JsonSchema } from "../../base/shape.ts";
import type { Limits } from "../../base/sizes.ts";
import { LAST_SECOND } from "../../base/times.ts";
import { MAX_PAGE } from "../../core/command_fields.ts";
import { may, must, type Parameters } from "./about.ts";

/** A user, as answers name one. */
export const USER = either(
  "The user's id. One that looks like a whole number is a number.",
  { type: "integer" },
  { type: "string" },
);

/** A time, as answers have it. */
export function at(description: string): JsonSchema {
  return { ...number(`${description} Unix time in seconds.`), examples: [1_790_000_000] };
}

/** A time that a caller says. */
export const TIME = named(
  "Time",
  either(
    "Unix time in seconds (or in a smaller unit), or a date with a time and a zone (ISO 8601).",
    { type: "number", minimum: 0, maximum: LAST_SECOND * 1_000_000_000 },
    { type: "string", examples: ["2026-12-24T18:00:00Z"] },
  ),
);

/** A time that a caller says as people do. */
export const WHEN = named(
  "When",
  either(
    "A time as `Time` has it, or as people say it: `30m`, `in 2 hours`, `tomorrow 9:00`, `monday 18:30`. What names no zone is on the user's clock.",
    { type: "number", minimum: 0 },
    { type: "string", examples: ["tomorrow 9:00"] },
  ),
);

/** What was ignored. */
export const IGNORED = named(
  "Ignored",
  list(
    "Fields of the call that mean nothing here, with those that were probably meant.",
    object("One of them.", { field: text("Its name.") }, { meant: text("What was meant.") }),
  ),
);

/** The id that a caller gives to what it sends. */
export const CALLERS_ID = text(
  "An id of the caller's own: the same one again is the same thing, which is sent once.",
  { min: 8, max: 64, pattern: "^[\\w-]{8,64}$", examples: ["order-8812-shipped"] },
);

/** As {@linkcode CALLERS_ID}, or the key of a row in a database. */
export const SENDERS_ID = either(
  "An id of the caller's own: the same one again is the same thing, which is sent once.",
  { type: "string", pattern: "^([\\w-]{8,64}|\\d{1,64})$", examples: ["order-8812-shipped"] },
  { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
);

export const IDEMPOTENCY: Parameters = {
  "Idempotency-Key": may(CALLERS_ID),
};

/** The site that an operator means. */
export const SITE = text(
  "The caller's own site, which is meant where none is named. The operator may name any.",
  { max: 64, pattern: "^[\\w.-]{1,64}$", examples: ["default"] },
);

export const SITE_QUERY: Parameters = { site: may(SITE) };

/** What asks for a part of a list. */
export const PAGE: Parameters = {
  limit: may(whole("How many at the most.", { least: 1, most: MAX_PAGE, usual: 50 }), 20),
  cursor: may(text("The `next` of the page before.")),
};

export const NEXT = text("What `cursor` takes to go on; absent where that was all.");

/** A position in a history. */
export const POSITION = {
  offset: whole("Its place in what is kept of the channel; absent where nothing is kept."),
  epoch: text("Of which history the offset is."),
};

export function kit(limits: Limits) {
  const user = either(
    'A user\'s id: a whole number or a text; 123 and "123" are the same user.',
    {
      type: "integer",
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
    },
    bounded(
      { type: "string", minLength: 1, pattern: "^[^\\p{Cc}\\u2028\\u2029]+$" },
      limits.userId,
    ),
  );
  const userInPath = line("The user's id.", limits.userId);
  return {
    /** A user whom a caller names. */
    user,
    /** The user of a path. */
    ofUser: { user: must(userInPath, "42") } satisfies Parameters,
    /** As whom an application acts. */
    acting: {
      user_id: may(
        line(
          "As which user an application calls; a user's token says that itself.",
          limits.userId,
        ),
      ),
    } satisfies Parameters,
    actingField: {
      user_id: {
        ...user,
        description: "As which user an application calls; a user's token says that itself.",
      },
    },
    room: line("The name of a room.", limits.room, "lobby"),
    ofRoom: {
      room: must(line("The name of the room.", limits.room), "lobby"),
    } satisfies Parameters,
    topic: line("The name of a topic.", limits.room, "Contact_Updated_Topic"),
    ofTopic: {
      topic: must(line("The name of the topic.", limits.room), "orders"),
    } satisfies Parameters,
    name: line("The name that others see.", limits.name, "Shop"),
    message: text("A text for people; it may be absent where there is `data`.", {
      max: limits.message,
    }),
    data: any(
      `Any JSON value for programs, of at most ${limits.data} bytes and 100 values in each other.`,
    ),
    isOn: flag,
  };
}

function bounded(schema: JsonSchema, maxLength: number): JsonSchema {
  return Number.isFinite(maxLength) ? { ...schema, maxLength } : schema;
}
