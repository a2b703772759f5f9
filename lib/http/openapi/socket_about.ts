/**
 * What the commands of version 2 and the frames that the server sends are to clients. The description of the sockets
 * (`async_document.ts`) is made of that.
 */
import { either, object, type SchemaFields } from "../../base/schema.ts";
import type { JsonSchema } from "../../base/shape.ts";
import { named, text, whole } from "../../base/schema.ts";
import { at, USER } from "./kit.ts";

export interface CommandAbout {
  /** One line that says what it does. */
  readonly summary: string;
  /** The fields beside `type` and `ref`. */
  readonly fields: JsonSchema;
  /** The `data` of its reply. */
  readonly answer: JsonSchema;
  /** The fields of a command that succeeds once its things are there. */
  readonly example: Readonly<Record<string, unknown>>;
}

export interface PushAbout {
  readonly summary: string;
  /** The fields beside `type`. */
  readonly fields: JsonSchema;
}

export interface SocketAbouts {
  /** By their types; where several commands have one, by the type and the noun, such as `subscribe topic`. */
  readonly commands?: Readonly<Record<string, CommandAbout>>;
  /** By their types. */
  readonly pushes?: Readonly<Record<string, PushAbout>>;
}

/** How far a client has come. */
export const SINCE = named(
  "Position",
  object("A position, as an answer before has it.", {
    offset: whole("An offset."),
    epoch: text("Of which history it is."),
  }),
);

/** What was brought back after a position. */
export const RECOVERY = {
  offset: whole("The offset of the last that there is."),
  epoch: text("Of which history the offsets are."),
  recovered: { type: "boolean", description: "Whether exactly what was missed is there." },
} satisfies SchemaFields;

export const REASON = text(
  "Why it is not: `new`, `epoch`, `expired`, `too_many`, `no_history` or another.",
);

/** Something that was said, as it comes. */
export const SAID_FIELDS = {
  offset: whole("Its place; absent where nothing is kept."),
  id: text("Its id."),
  room: text("The room."),
  user_id: USER,
  name: text("The name that others see."),
  message: text("The text; empty where there is `data` alone.", { min: 0 }),
  timestamp: at("When."),
  data: { description: "Any JSON value." },
} satisfies SchemaFields;

export const NOTHING: JsonSchema = object("Nothing.", {});

/** Ids of notifications. */
export function idsOf(): JsonSchema {
  return {
    type: "array",
    description: "Ids of notifications.",
    items: { type: "string", minLength: 1, maxLength: 64 },
    minItems: 1,
    maxItems: 1000,
  };
}

export const REF = either(
  "By which the reply is known. Without one nothing is answered.",
  { type: "integer" },
  { type: "string", maxLength: 64 },
);

export const TYPE = (type: string): JsonSchema => ({ const: type });
