/** Reads what clients of the chat protocol send, as leniently as it can only mean one thing. Throws a `CodedError`. */
import { CodedError } from "../../base/errors.ts";
import {
  digitsAsText,
  type Fields,
  invalid,
  isBlank,
  optionalId,
  optionalName,
  shown,
  type UserId,
  userIdField,
} from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { SeenRequest, SendRequest } from "../../conversations/requests.ts";

const KINDS = ["text", "image", "file"] as const;

/** A link to a file, as a client has got it as the content of another message. */
const LINK = /^(?:https?:\/\/[^/?#]+)?(?:\/[^?#]*)?\/files\/([\w-]{22})\?signature=/;

type Kind = typeof KINDS[number];

/** What a message without words is refused with. */
export const EMPTY = "Message content cannot be empty";

/** `message`: to a user, or into a conversation. */
export function messageFields(fields: Fields, limits: Limits): SendRequest {
  const kind = kindField(fields);
  return {
    ...receiverFields(fields, limits),
    kind,
    ...contentField(fields, kind),
    id: optionalId(fields),
  };
}

/** `read`: up to which message a conversation is read. */
export function readFields(fields: Fields): SeenRequest & { readonly conversation: number } {
  return {
    conversation: numberField(fields, "conversation_id"),
    message: numberField(fields, "message_id"),
  };
}

/** Who a client of an open server says it is: by `user_id`, or by a `token` that is no more than an id. */
export function claimFields(
  fields: Fields,
  limits: Limits,
): { readonly user: UserId; readonly name: string | undefined } {
  const { token, user_id = token } = fields;
  if (typeof user_id === "string" && user_id.startsWith("eyJ")) {
    throw new CodedError(
      "invalid_token",
      "Cannot take the token: this server is open and has no key to check it; send the user's id as 'token'",
    );
  }
  return {
    user: userIdField({ user_id }, limits),
    name: optionalName(fields, "name", limits.name),
  };
}

function receiverFields(
  fields: Fields,
  limits: Limits,
): Pick<SendRequest, "to" | "conversation"> {
  const { to, conversation_id } = fields;
  const isTo = !isMissing(to);
  if (isTo && !isMissing(conversation_id)) {
    throw invalid("conversation_id", conversation_id, "none beside 'to'");
  }
  if (!isTo && !isMissing(conversation_id)) {
    return { conversation: numberField(fields, "conversation_id") };
  }
  try {
    return { to: userIdField({ user_id: to }, limits) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const message = error.message.replace("'user_id'", "'to'");
    throw new CodedError(error.code, message, { ...error.options, field: "to" });
  }
}

function kindField({ message_type }: Fields): Kind {
  if (isMissing(message_type)) return "text";
  const kind = KINDS.find((each) => each === message_type);
  if (kind !== undefined) return kind;
  throw new CodedError(
    "invalid_field",
    `${shown(message_type)} is not a type of messages: allowed is ${KINDS.join(", ")}`,
    { field: "message_type" },
  );
}

function contentField(fields: Fields, kind: Kind): Pick<SendRequest, "text" | "file"> {
  const content = digitsAsText(fields, "content");
  if (isMissing(content)) throw new CodedError("missing_field", EMPTY, { field: "content" });
  if (typeof content !== "string") throw invalid("content", content, "a string");
  return kind === "text" ? { text: content } : { file: LINK.exec(content)?.[1] ?? content };
}

/** A number that is an id, or the same as text. */
function numberField(fields: Fields, field: string): number {
  const value = fields[field];
  if (isMissing(value)) {
    throw new CodedError("missing_field", `Missing field '${field}'`, { field });
  }
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number > 0) return number;
  throw invalid(field, value, "the number of one");
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null || isBlank(value);
}
