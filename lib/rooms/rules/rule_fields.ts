/** Describes what the file of room rules may hold. The file is checked by this, and its schema is made from it. */
import {
  either,
  type FieldShapes,
  flag,
  type JsonSchema,
  listOf,
  oneOf,
  record,
  text,
  wholeNumber,
} from "../../base/shape.ts";

const MAX_RULES = 1000;
const MAX_USERS = 1000;

export type User = string | number;

export interface RuleFields {
  readonly pattern: string;
  readonly auth?: boolean;
  readonly private?: boolean;
  readonly members?: readonly User[];
  readonly maxClients?: number;
  readonly publish?: "anyone" | "members" | "server" | readonly User[];
  readonly presence?: boolean;
  readonly history?: false | { readonly size: number; readonly seconds: number };
  readonly persistent?: boolean;
}

export interface FileFields {
  readonly $schema?: string;
  readonly unknown?: "public" | "closed";
  readonly rooms: readonly RuleFields[];
}

const user = either<string, number>(
  text("a user's id", "^\\P{Cc}{1,256}$"),
  wholeNumber(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
);
const users = listOf<User>(
  `a list of up to ${MAX_USERS} users' ids such as \`[1, "alice"]\``,
  { ...user, allowed: 'a user\'s id such as 1 or "alice"' },
  MAX_USERS,
);

/** The fields of one rule; the table in `docs/rooms.md` is checked against them. */
export const RULE_FIELDS: FieldShapes<RuleFields> = {
  pattern: {
    shape: text(
      "a room's name of 1 to 256 characters, in which `*` stands for any text",
      "^\\P{Cc}{1,256}$",
    ),
    help: "Which rooms it is for",
  },
  auth: {
    shape: flag,
    help: "Only who has a token may enter, and no guest",
    default: "`true` where tokens are configured",
  },
  private: {
    shape: flag,
    help: "One enters by a subscription token, by a grant, or as one of the members",
    default: "`false`",
  },
  members: { shape: users, help: "Who may enter a private room without either", default: "nobody" },
  maxClients: {
    shape: wholeNumber(1, 1_000_000),
    help: "How many clients may be in it",
    default: "no limit",
  },
  publish: {
    shape: either(oneOf("anyone", "members", "server"), users),
    help: "Who may say something: who may enter, who is in it, no client, or these users",
    default: '`"anyone"`',
  },
  presence: { shape: flag, help: "Clients in it may see who is there", default: "`true`" },
  history: {
    shape: either(
      oneOf(false),
      record("an object with `size` and `seconds`", {
        size: { shape: wholeNumber(1, 999_999), help: "Messages kept" },
        seconds: { shape: wholeNumber(1, 99_999_999), help: "How long after the last one" },
      }),
    ),
    help: "Messages kept, and seconds after the last one",
    default: "as `APP_HISTORY` says",
  },
  persistent: {
    shape: flag,
    help: "History survives a restart of the server; it always does in Redis",
    default: "`false`",
  },
};

export const RULE = record('a rule such as {"pattern": "staff:*"}', RULE_FIELDS);

export const FILE = record<FileFields>("an object with `rooms`", {
  $schema: {
    shape: text("the address of the schema, for editors", "^\\P{Cc}*$"),
    help: "For editors",
    default: "none",
  },
  unknown: {
    shape: oneOf("public", "closed"),
    help: "What holds for rooms that no pattern names; needed where tokens are configured",
    default: '`"public"` in open mode',
  },
  rooms: {
    shape: listOf(
      `a list of up to ${MAX_RULES} rules`,
      RULE,
      MAX_RULES,
    ),
    help: "Rules; the first one whose pattern matches counts, and no other",
  },
});

/** The schema for editors, which `docs/rooms.schema.json` has to be equal to. */
export const ROOMS_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Room rules of notifyli",
  ...FILE.schema,
};
