/** Describes what the file of rules may hold. The file is checked by this, and its schema is made from it. */
import { arrayOf, type JsonSchema, literal, record, string } from "../../base/shape.ts";
import { RULE, type RuleFields } from "./rule_fields.ts";
import { TOPIC, type TopicFields } from "./topic_fields.ts";

const MAX_RULES = 1000;

export interface FileFields {
  readonly $schema?: string;
  readonly unknown?: "public" | "closed";
  readonly rooms: readonly RuleFields[];
  readonly topics?: readonly TopicFields[];
}

export const FILE = record<FileFields>("an object with `rooms`", {
  $schema: {
    shape: string("the address of the schema, for editors", "^\\P{Cc}*$"),
    help: "For editors",
    default: "none",
  },
  unknown: {
    shape: literal("public", "closed"),
    help: "What holds for rooms that no pattern names; needed where tokens are configured",
    default: '`"public"` in open mode',
  },
  rooms: {
    shape: arrayOf(
      `a list of up to ${MAX_RULES} rules`,
      RULE,
      MAX_RULES,
    ),
    help: "Rules; the first one whose pattern matches counts, and no other",
  },
  topics: {
    shape: arrayOf(`a list of up to ${MAX_RULES} rules`, TOPIC, MAX_RULES),
    help: "Rules for topics; the first one whose pattern matches counts, and no other",
    default: "none",
  },
});

/** The schema for editors, which `docs/rooms.schema.json` has to be equal to. */
export const ROOMS_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Rules of notifyli for rooms and topics",
  ...FILE.schema,
};
