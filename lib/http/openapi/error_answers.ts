/** By which codes routes refuse calls, as the description of the API says it. */
import { type ErrorCode, ERRORS } from "../../base/errors.ts";
import { named, object, text, whole } from "../../base/schema.ts";
import type { JsonSchema } from "../../base/shape.ts";
import type { About } from "./about.ts";

const ALL = Object.keys(ERRORS) as ErrorCode[];

/** Any refusal, with all codes and what they mean. */
export const ERROR_SCHEMA: JsonSchema = named(
  "Error",
  object(
    "Why a call was refused. Nothing of it was done, but for the code `unconfirmed`.",
    {
      code: {
        type: "string",
        enum: ALL,
        description: `On this programs can rely:\n\n${
          ALL.map((code) => `- \`${code}\` (${ERRORS[code].status}): ${ERRORS[code].meaning}.`)
            .join("\n")
        }`,
      },
      message: text(
        "It says what is wrong to people: it names the thing, its value and what is allowed.",
      ),
    },
    {
      field: text("Which field is meant, where one is."),
      id: text(
        "The id under which the same can be sent again, where it is not known whether it was accepted.",
      ),
      retry_after_ms: whole("How long to wait before the same may succeed, in milliseconds."),
    },
  ),
);

/** By which any route may refuse. */
const OF_ALL: readonly ErrorCode[] = [
  ...["address_denied", "host_denied", "forbidden", "too_many_connections", "internal"],
] as ErrorCode[];

const OF_CALLERS: readonly ErrorCode[] = [
  ...["unauthorized", "too_many_attempts", "unavailable", "unconfirmed"],
] as ErrorCode[];

const OF_USERS: readonly ErrorCode[] = [
  ...["invalid_token", "expired_token", "revoked_token", "blocked", "user_mismatch"],
  "rate_limited",
] as ErrorCode[];

const OF_BODIES: readonly ErrorCode[] = ["too_long", "too_slow", "unsupported_type"];
const OF_FIELDS: readonly ErrorCode[] = ["invalid_json", "invalid_frame"];
const OF_PARAMETERS: readonly ErrorCode[] = ["invalid_field", "missing_field"];

interface Refusing {
  readonly about: About;
  readonly access: "anybody" | "caller" | "users" | "link";
  readonly path: string;
}

/** The codes by which a call may be refused. */
export function codesOf({ about, access, path }: Refusing): readonly ErrorCode[] {
  const { body, query, headers, errors = [] } = about;
  const hasParameters = body !== undefined || query !== undefined || headers !== undefined;
  const codes = new Set<ErrorCode>([
    ...OF_ALL,
    ...(access === "anybody" ? [] : OF_CALLERS),
    ...(access === "users" || access === "link" ? OF_USERS : []),
    ...(body === undefined ? [] : OF_BODIES),
    ...(body?.fields === undefined ? [] : OF_FIELDS),
    ...(hasParameters || path.includes(":") ? OF_PARAMETERS : []),
    ...(path.includes(":") ? ["not_found", "too_long"] as const : []),
    ...errors,
  ]);
  return ALL.filter((code) => codes.has(code));
}

/** The answers of refusals by their status, each with its codes and an example of one. */
export function answersOfErrors(
  operation: Refusing,
  plain: (schema: JsonSchema) => object,
): Readonly<Record<string, unknown>> {
  const byStatus = Object.groupBy(codesOf(operation), (code) => String(ERRORS[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).filter(([status]) => !(Number(status) in operation.about.answers))
      .map(([status, codes = []]) => [status, {
        description: `Refused: ${codes.map((code) => `\`${code}\``).join(", ")}.`,
        content: {
          "application/json": {
            schema: {
              allOf: [plain(ERROR_SCHEMA), { properties: { code: { enum: codes } } }],
            },
            example: { code: codes[0], message: ERRORS[codes[0]!].meaning },
          },
        },
      }]),
  );
}
