/**
 * Reads the fields of what is asked of conversations, of frames, bodies and queries alike. Each function checks types, and
 * throws a `CodedError` with the field and its value; what the values may say is checked by the service.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, optionalId, requiredText, type UserId } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { positionField } from "../core/command_fields.ts";
import {
  isGiven,
  MOST_USERS,
  mutedField,
  offsetField,
  optionalFlag,
  optionalNumber,
  roleIn,
  sizeField,
  textField,
  textOrNull,
  userIn,
  usersField,
  wordField,
} from "./field_kinds.ts";
import type {
  ConversationChange,
  EditRequest,
  FilesRequest,
  ListRequest,
  MessagesRequest,
  OpenRequest,
  PageRequest,
  SearchRequest,
  SeenRequest,
  SendRequest,
} from "./requests.ts";
import { FILE_KINDS } from "./store/file_list.ts";
import type { HistoryRule, Role } from "./types.ts";

/** Most characters of what is searched for. */
export const MOST_QUERY = 256;

export const HISTORIES = ["joined", "all"] as const satisfies readonly HistoryRule[];

export function listFields(fields: Fields): ListRequest {
  const since = textField(fields, "since");
  return { ...pageFields(fields), archived: optionalFlag(fields, "archived"), since };
}

export function pageFields(fields: Fields): PageRequest {
  return { limit: sizeField(fields), cursor: textField(fields, "cursor") };
}

export function openFields(fields: Fields, limits: Limits): OpenRequest {
  const kind = wordField(fields, "kind", ["private", "group"]);
  if (kind === undefined) {
    throw new CodedError("missing_field", "Missing field 'kind': private or group", {
      field: "kind",
    });
  }
  const members = usersField(fields, "members", limits);
  if (members === undefined && kind === "private") {
    throw new CodedError("missing_field", "Missing field 'members': with whom", {
      field: "members",
    });
  }
  return {
    kind,
    members: members ?? [],
    name: textField(fields, "name"),
    picture: textField(fields, "picture"),
    data: fields["data"] ?? undefined,
    history: wordField(fields, "history", HISTORIES),
    id: optionalId(fields),
  };
}

/** What is changed; nothing where no field says it. */
export function changeFields(fields: Fields, limits: Limits): ConversationChange {
  return {
    name: textOrNull(fields, "name"),
    picture: textOrNull(fields, "picture"),
    data: fields["data"],
    add: usersField(fields, "add", limits),
    remove: usersField(fields, "remove", limits),
    roles: rolesField(fields, limits),
    mutedUntil: mutedField(fields),
    pinned: optionalFlag(fields, "pinned"),
    archived: optionalFlag(fields, "archived"),
    leave: optionalFlag(fields, "leave") || undefined,
  };
}

/** Whether there is anything to change. */
export function isChange(change: ConversationChange): boolean {
  return Object.values(change).some((value) => value !== undefined);
}

/** What is sent, and to where: `conversation`, or `to` a user. */
export function sendFields(fields: Fields, limits: Limits): SendRequest {
  const conversation = optionalNumber(fields, "conversation");
  const to = isGiven(fields, "to") ? userIn(fields["to"], "to", limits) : undefined;
  if (conversation === undefined && to === undefined) {
    throw new CodedError("missing_field", "Missing field 'conversation', or 'to' with a user", {
      field: "conversation",
    });
  }
  if (conversation !== undefined && to !== undefined) {
    throw invalid("to", fields["to"], "none beside 'conversation'");
  }
  return {
    ...(conversation === undefined ? { to } : { conversation }),
    kind: wordField(fields, "kind", ["text", "image", "file"]),
    text: textField(fields, "text"),
    data: fields["data"] ?? undefined,
    file: textField(fields, "file"),
    replyTo: optionalNumber(fields, "reply_to"),
    mentions: usersField(fields, "mentions", limits),
    id: optionalId(fields),
  };
}

export function editFields(fields: Fields): EditRequest {
  return { text: textField(fields, "text"), data: fields["data"] };
}

export function reactionFields(fields: Fields): { emoji: string; isOn: boolean } {
  const emoji = requiredText(fields, "emoji", 64);
  return { emoji, isOn: optionalFlag(fields, "on") ?? true };
}

export function messagesFields(fields: Fields): MessagesRequest {
  const asked = ["before", "after", "around", "since"].filter((name) => isGiven(fields, name));
  const [first, second] = asked;
  if (second !== undefined) throw invalid(second, fields[second], `none beside '${first}'`);
  return {
    limit: sizeField(fields),
    before: offsetField(fields, "before"),
    after: offsetField(fields, "after"),
    around: optionalNumber(fields, "around"),
    since: positionField(fields, "since"),
  };
}

export function filesFields(fields: Fields): FilesRequest {
  return { ...pageFields(fields), kind: wordField(fields, "kind", FILE_KINDS) };
}

export function seenFields(fields: Fields): SeenRequest {
  return {
    offset: offsetField(fields, "offset"),
    message: optionalNumber(fields, "message"),
    state: wordField(fields, "state", ["read", "delivered"]),
  };
}

export function searchFields(fields: Fields): SearchRequest {
  return {
    ...pageFields(fields),
    query: requiredText(fields, "q", MOST_QUERY),
    conversation: optionalNumber(fields, "conversation"),
  };
}

function rolesField(fields: Fields, limits: Limits): Record<UserId, Role> | undefined {
  const value = fields["roles"];
  if (!isGiven(fields, "roles")) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("roles", value, 'roles by users, such as {"3":"admin"}');
  }
  const entries = Object.entries(value);
  if (entries.length > MOST_USERS) {
    throw invalid("roles", entries.length, `roles of at most ${MOST_USERS} users`);
  }
  return Object.fromEntries(entries.map(([user, role]) => [
    userIn(user, "roles", limits),
    roleIn(role),
  ]));
}
