/** Tells of what happens in conversations: an event is written in one transaction with what it tells of. */
import { userIdOnWire } from "../../base/fields.ts";
import { nextId } from "../../base/ids.ts";
import type { ConversationListener, Happening, Place } from "../../conversations/listener.ts";
import type { Message } from "../../conversations/types.ts";
import { fileOnWire } from "../../conversations/wire.ts";
import type { Statement } from "../../engines/database/database.ts";
import type { AppEvents, Audience } from "./app_events.ts";
import type { EventWriter } from "./carrier.ts";
import type { AppEvent, EventName } from "./event.ts";

/** An event that somebody is to be told of. */
interface Told {
  readonly event: AppEvent;
  readonly audience: Audience;
}

const NOTHING: readonly never[] = [];

export class ConversationEvents implements ConversationListener {
  readonly #events: AppEvents;
  readonly #writer: EventWriter;
  /** What is told of a happening that is not stored yet. */
  readonly #asked = new WeakMap<Happening, readonly Told[]>();

  constructor(events: AppEvents, writer: EventWriter) {
    this.#events = events;
    this.#writer = writer;
  }

  storing(place: Place, happening: Happening): readonly Statement[] {
    if (!this.#isAsked(happening)) return NOTHING;
    const told = this.#told(place, happening);
    this.#asked.set(happening, told);
    return told.flatMap(({ event, audience: { logs } }) => this.#writer.statements(logs, event));
  }

  stored(_place: Place, happening: Happening): void {
    for (const { event, audience } of this.#asked.get(happening) ?? NOTHING) {
      this.#events.call(audience, event);
      this.#writer.stored(audience, event);
    }
  }

  #isAsked(happening: Happening): boolean {
    return this.#events.isAsked && this.#events.asksFor(nameOf(happening));
  }

  #told(place: Place, happening: Happening): Told[] {
    const name = nameOf(happening);
    const audience = this.#events.audienceOf(name, place.site);
    if (audience === undefined) return [];
    return dataOf(happening).map(({ user, data }) => ({
      audience,
      event: {
        event: name,
        id: nextId(),
        site: place.site,
        user,
        at: Date.now(),
        data: { conversation: place.id, conversation_kind: place.kind, ...data },
      },
    }));
  }
}

function nameOf(happening: Happening): EventName {
  switch (happening.what) {
    case "message":
      return "conversation.message";
    case "changed":
      return happening.change === "edited"
        ? "conversation.message_edited"
        : "conversation.message_deleted";
    case "read":
      return "conversation.read";
    case "added":
      return "conversation.member_added";
    case "removed":
      return "conversation.member_removed";
  }
}

interface Said extends Pick<AppEvent, "user" | "data"> {}

/** What is said of each event that a happening makes: who is added is told of one by one. */
function dataOf(happening: Happening): Said[] {
  switch (happening.what) {
    case "message": {
      const { message } = happening;
      return message.kind === "system" ? [] : [{ user: message.user, data: messageData(message) }];
    }
    case "changed": {
      const { message } = happening;
      return [{ user: message.user, data: messageData(message) }];
    }
    case "read": {
      const { user, offset, unread } = happening;
      return [{ user, data: { offset, unread } }];
    }
    default: {
      const { users, by, offset } = happening;
      const data = { offset, by: by.user === undefined ? undefined : userIdOnWire(by.user) };
      return users.map((user) => ({ user, data }));
    }
  }
}

function messageData(message: Message): Record<string, unknown> {
  const { id, offset, kind, name, text, data, file, replyTo, mentions, ownId } = message;
  return {
    ...{ id, kind, name, message: text, data, file: file && fileOnWire(file) },
    reply_to: replyTo?.id,
    mentions: mentions?.map(userIdOnWire),
    own_id: ownId,
    offset,
  };
}
