/** Describes what the rules for topics may hold, in the same file as those for rooms. */
import { boolean, type FieldShapes, record, string } from "../../base/shape.ts";
import { HISTORY_FIELD, type RuleFields, USERS } from "./rule_fields.ts";

export type TopicFields = Pick<
  RuleFields,
  "pattern" | "auth" | "private" | "members" | "history" | "persistent"
>;

/** The fields of one rule for topics; the table in `docs/topics.md` is checked against them. */
export const TOPIC_FIELDS: FieldShapes<TopicFields> = {
  pattern: {
    shape: string(
      "a topic's name of 1 to 256 characters, in which `*` stands for any text",
      "^\\P{Cc}{1,256}$",
    ),
    help: "Which topics it is for",
  },
  auth: {
    shape: boolean,
    help: "Only who has a token may subscribe, and no guest",
    default: "`true` where tokens are configured",
  },
  private: {
    shape: boolean,
    help: "One subscribes by a subscribe token, by a grant, or as one of the members",
    default: "`true` where tokens are configured and `auth` is not `false`",
  },
  members: {
    shape: USERS,
    help: "Who may subscribe to a private topic without either",
    default: "nobody",
  },
  history: {
    shape: HISTORY_FIELD,
    help: "Events kept, and seconds after the last one",
    default: "as `APP_TOPIC_HISTORY` says",
  },
  persistent: {
    shape: boolean,
    help: "History survives a restart of the server; it always does in Redis",
    default: "`false`",
  },
};

export const TOPIC = record('a rule such as {"pattern": "Contact_*"}', TOPIC_FIELDS);
