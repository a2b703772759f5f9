/** The frames of rooms, topics and conversations; `frames.ts` has those that every client gets. */
import {
  asObject,
  type JsonObject,
  parseError,
  parsePublication,
  parseUser,
  type ServerFrame,
  timeOf,
} from "./frames.ts";
import type { RoomEvent, TopicMessage } from "./types.ts";

export function parseRoomFrame(fields: JsonObject): ServerFrame | undefined {
  const { type } = fields;
  switch (type) {
    case "usermsg": {
      const publication = parsePublication(fields);
      return publication && { type, publication };
    }
    case "join":
    case "leave": {
      const user = parseUser(fields);
      return user && typeof fields.room === "string"
        ? { type, room: fields.room, user }
        : undefined;
    }
    case "left":
      return typeof fields.room === "string"
        ? { type, room: fields.room, error: parseError(fields, fields.message) }
        : undefined;
    case "event": {
      if (fields.topic !== undefined) return parseTopicEvent(fields);
      const event = parseRoomEvent(fields);
      return event && { type, event };
    }
    case "position": {
      const { topic, offset, epoch } = fields;
      if (typeof topic !== "string" || typeof offset !== "number") return;
      return typeof epoch === "string" ? { type, topic, position: { offset, epoch } } : undefined;
    }
    case "presence":
      return typeof fields.room === "string" && Array.isArray(fields.users)
        ? { type, room: fields.room, data: fields }
        : undefined;
    case "new_message":
    case "message_changed":
    case "receipt":
    case "conversation_changed":
    case "typing":
    case "user_presence":
    case "contacts_changed":
      return { type: "chat", what: type, fields };
  }
}

function parseRoomEvent(fields: JsonObject): RoomEvent | undefined {
  const { room, event, data, timestamp, user_id = "" } = fields;
  const user = parseUser({ ...fields, user_id });
  if (typeof room !== "string" || typeof event !== "string" || user === undefined) return;
  const when = { timestamp: timeOf(timestamp) };
  return { room, event, ...user, ...(data === undefined ? {} : { data }), ...when };
}

export function parseTopicMessage(value: unknown): TopicMessage | undefined {
  const { topic, id, data, offset, timestamp, replay } = asObject(value);
  if (typeof topic !== "string" || typeof id !== "string") return;
  return {
    topic,
    data: asObject(data),
    id,
    ...(typeof offset === "number" ? { offset } : {}),
    timestamp: timeOf(timestamp),
    replay: replay === true,
  };
}

function parseTopicEvent(fields: JsonObject): ServerFrame | undefined {
  const message = parseTopicMessage(fields);
  const { subs } = fields;
  return message && Array.isArray(subs)
    ? { type: "topic", subs: subs.map(Number), message }
    : undefined;
}
