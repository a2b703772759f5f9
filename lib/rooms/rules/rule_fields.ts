/** Describes what a rule for rooms may hold: rules are checked by this, and the file's schema is made from it. */
import {
  arrayOf,
  boolean,
  either,
  type FieldShapes,
  integer,
  literal,
  record,
  string,
} from "../../base/shape.ts";
import { MAX_PRESENCE } from "./rule.ts";

const MAX_USERS = 1000;

export type User = string | number;

type SpeakersField = "anyone" | "members" | "server" | readonly User[];

export interface RuleFields {
  readonly pattern: string;
  readonly auth?: boolean;
  readonly private?: boolean;
  readonly members?: readonly User[];
  readonly maxClients?: number;
  readonly publish?: SpeakersField;
  readonly events?: SpeakersField;
  readonly presence?: boolean;
  readonly maxPresence?: number;
  readonly history?: false | { readonly size: number; readonly seconds: number };
  readonly persistent?: boolean;
}

const user = either<string, number>(
  string("a user's id", "^\\P{Cc}{1,256}$"),
  integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
);
/** A list of users, in a rule. */
export const USERS = arrayOf<User>(
  `a list of up to ${MAX_USERS} users' ids such as \`[1, "alice"]\``,
  { ...user, allowed: 'a user\'s id such as 1 or "alice"' },
  MAX_USERS,
);

const speakers = either(
  literal<"anyone" | "members" | "server">("anyone", "members", "server"),
  USERS,
);

/** How much is kept of a channel, in its rule. */
export const HISTORY_FIELD = either<false, { readonly size: number; readonly seconds: number }>(
  literal<false>(false),
  record("an object with `size` and `seconds`", {
    size: { shape: integer(1, 999_999), help: "Messages kept" },
    seconds: { shape: integer(1, 99_999_999), help: "How long after the last one" },
  }),
);

/** The fields of one rule; the table in `docs/rooms.md` is checked against them. */
export const RULE_FIELDS: FieldShapes<RuleFields> = {
  pattern: {
    shape: string(
      "a room's name of 1 to 256 characters, in which `*` stands for any text",
      "^\\P{Cc}{1,256}$",
    ),
    help: "Which rooms it is for",
  },
  auth: {
    shape: boolean,
    help: "Only who has a token may enter, and no guest",
    default: "`true` where tokens are configured",
  },
  private: {
    shape: boolean,
    help: "One enters by a subscription token, by a grant, or as one of the members",
    default: "`false`",
  },
  members: { shape: USERS, help: "Who may enter a private room without either", default: "nobody" },
  maxClients: {
    shape: integer(1, 1_000_000),
    help: "How many clients may be in it",
    default: "no limit",
  },
  publish: {
    shape: speakers,
    help: "Who may say something: who may enter, who is in it, no client, or these users",
    default: '`"anyone"`',
  },
  events: {
    shape: speakers,
    help: "Who may tell the others of an event such as `typing`, as for `publish`",
    default: '`"members"`',
  },
  presence: { shape: boolean, help: "Clients in it may see who is there", default: "`true`" },
  maxPresence: {
    shape: integer(0, 100_000),
    help: "Up to so many users are named to them; of more they see how many",
    default: `\`${MAX_PRESENCE}\``,
  },
  history: {
    shape: HISTORY_FIELD,
    help: "Messages kept, and seconds after the last one",
    default: "as `APP_HISTORY` says",
  },
  persistent: {
    shape: boolean,
    help: "History survives a restart of the server; it always does in Redis",
    default: "`false`",
  },
};

export const RULE = record('a rule such as {"pattern": "staff:*"}', RULE_FIELDS);
