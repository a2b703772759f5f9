/** Reads what an application answered, field by field: it is somebody else's program. Next: `questions.ts`. */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, optionalName, shown, userIdField } from "../base/fields.ts";
import { dataField, type Said, saidFields } from "../base/said_fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Limits } from "../base/sizes.ts";
import { readTime, TIME_ALLOWED } from "../base/times.ts";
import { escapeUnseen } from "../base/visible_text.ts";
import type { Identity } from "../core/identity.ts";
import type { ConnectQuestion } from "./asker.ts";

/** Most characters of a reason that a client is told. */
const MAX_REASON = 200;

/** The longest that an answer may count. */
const MAX_CACHE_SECONDS = 86_400;

/** Most grants of rooms, and of topics, as in a token. */
const MAX_GRANTS = 100;

/** What was answered: yes with what goes along, or no. */
export type Answer<Value> =
  & { readonly cacheSeconds: number }
  & (
    | { readonly allow: true; readonly value: Value }
    | { readonly allow: false; readonly reason: string | undefined }
  );

/** Reads an answer. Throws a `CodedError` that names the field where it cannot be read. */
export type ReadAnswer<Value> = (answer: unknown, limits: Limits) => Answer<Value>;

/** Who somebody is by the application's word, without when it said so. */
export type Known = Omit<Identity, "issuedAt">;

/** Reads who shows these credentials. */
export function readWho(question: ConnectQuestion): ReadAnswer<Known> {
  return (answer, limits) =>
    read(answer === true ? claimed(question) : answer, (fields) => knownOf(fields, limits));
}

/** An object that says neither yes nor no, such as an error of another program, is no answer. */
export const readYesOrNo: ReadAnswer<void> = (answer) => read(answer, requireYes);

/** Reads what is to be said; `undefined` where that is what the client has said. A `null` takes its field away. */
export function readSaid(original: Said): ReadAnswer<Said | undefined> {
  return (answer, limits) =>
    read(answer, (fields) => {
      if (fields["message"] === undefined && fields["data"] === undefined) {
        return requireYes(fields);
      }
      const { message = original.message, data = original.data } = fields;
      return saidFields({ message, data }, limits);
    });
}

/** As {@linkcode readSaid}, of an event, which is told by its name alone if need be. */
export const readTold: ReadAnswer<Pick<Said, "data"> | undefined> = (answer, limits) =>
  read(
    answer,
    (fields) => fields["data"] === undefined ? undefined : { data: dataField(fields, limits.data) },
  );

function read<Value>(answer: unknown, valueOf: (fields: Fields) => Value): Answer<Value> {
  if (answer === false) return { allow: false, reason: undefined, cacheSeconds: 0 };
  const fields = answer === true ? { allow: true } : objectOf(answer);
  const { allow = true, reason } = fields;
  if (typeof allow !== "boolean") throw invalid("allow", allow, "true or false");
  const cacheSeconds = cacheSecondsOf(fields);
  if (!allow) return { allow, reason: reasonOf(reason), cacheSeconds };
  return { allow, value: valueOf(fields), cacheSeconds };
}

function requireYes({ allow }: Fields): undefined {
  if (allow === undefined) throw new CodedError("missing_field", "Missing field 'allow'");
}

function objectOf(answer: unknown): Fields {
  if (typeof answer === "object" && answer !== null && !Array.isArray(answer)) {
    return answer as Fields;
  }
  throw new CodedError("invalid_frame", `it is no JSON object: ${shown(answer)}`);
}

function cacheSecondsOf({ cache_seconds: value }: Fields): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "number" && value >= 0 && value <= MAX_CACHE_SECONDS) return value;
  throw invalid("cache_seconds", value, `a number from 0 to ${MAX_CACHE_SECONDS}`);
}

/** The reason as clients are told it: in one line, and not too long. */
function reasonOf(reason: unknown): string | undefined {
  if (typeof reason !== "string" || reason.trim() === "") return undefined;
  const line = escapeUnseen(reason.replace(/\s+/g, " ").trim()).toWellFormed();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 3)}...`.toWellFormed() : line;
}

/** Where a function says no more than that credentials are right, they name their user. */
function claimed({ credentials = {} }: ConnectQuestion): Fields {
  return { user_id: credentials["user_id"] ?? credentials["username"] };
}

function knownOf(fields: Fields, limits: Limits): Known {
  const expiresAt = expiryOf(fields);
  return {
    site: siteOf(fields),
    user: userIdField(fields, limits),
    name: optionalName(fields, "name", limits.name),
    rooms: grantsOf(fields, "rooms", limits.room) ?? [],
    topics: grantsOf(fields, "topics", limits.room),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** The site is a part of keys in the store, so it is a short word. */
function siteOf({ site: value }: Fields): string {
  if (value === undefined || value === null) return DEFAULT_SITE;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && /^[\w.-]{1,64}$/.test(text)) return text;
  throw invalid("site", value, "1 to 64 of A-Z a-z 0-9 _ . -");
}

function grantsOf(
  fields: Fields,
  field: "rooms" | "topics",
  limit: number,
): readonly string[] | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  const isPattern = (each: unknown) =>
    typeof each === "string" && each !== "" && each.length <= limit;
  if (Array.isArray(value) && value.length <= MAX_GRANTS && value.every(isPattern)) return value;
  throw invalid(field, value, `a list of up to ${MAX_GRANTS} patterns`);
}

function expiryOf({ expires_at: value }: Fields): number | undefined {
  if (value === undefined || value === null) return undefined;
  const time = readTime(value);
  if (time === undefined) throw invalid("expires_at", value, TIME_ALLOWED);
  return time * 1000;
}
