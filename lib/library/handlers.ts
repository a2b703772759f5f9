/** What a program is told of an event, in the shapes of its own language. */
import { userIdOnWire } from "../base/fields.ts";
import { DISCONNECTS } from "../base/errors.ts";
import type { Connection } from "../core/connection.ts";
import type { AppEvent, EventName } from "../hooks/events/event.ts";
import type { EventHandler } from "../hooks/events/app_events.ts";

/** What happened. Which fields an event has is in docs/events.md. */
export interface ServerEvent {
  /** Such as `message.received`. */
  readonly event: EventName;
  /** No other event has this id. */
  readonly id: string;
  readonly site: string;
  readonly room?: string;
  /** A whole number where the id is one, as everywhere on the wire. */
  readonly userId?: number | string;
  /** The name that others see. */
  readonly name?: string;
  /** The text that was said. */
  readonly message?: string;
  /** What a client sent beside the text, or with its own event. */
  readonly data?: unknown;
  /** The name of a client's own event, such as `typing`, where `event` is `event.received`. */
  readonly told?: string;
  /** The id of the message, where one was said. */
  readonly messageId?: string;
  /** When it happened, Unix time in seconds. */
  readonly timestamp: number;
}

/** The connection that an event is of. */
export interface ServerConnection {
  readonly id: string;
  /** Absent while the client has not said who it is. */
  readonly userId?: number | string;
  readonly name?: string;
  readonly site: string;
  /** Closes the connection; its client does not come back by itself. */
  disconnect(): void;
}

/** Is called for what this server sees happen. What it throws is logged, and holds up nobody. */
export type ServerHandler = (
  event: ServerEvent,
  connection: ServerConnection | undefined,
) => void | Promise<void>;

/** @param failed is told where a handler throws or rejects */
export function handlerOf(
  handler: ServerHandler,
  failed: (event: string, error: unknown) => void,
): EventHandler {
  return (event, connection) => {
    const told = eventFor(event);
    Promise.try(handler, told, connection && connectionFor(connection))
      .catch((error) => failed(told.event, error));
  };
}

function eventFor({ event, id, site, room, user, at, data }: AppEvent): ServerEvent {
  const fields: Readonly<Record<string, unknown>> = data;
  const told = {
    event: event as EventName, // the other names tell endpoints alone of a gap in what they get
    id,
    site,
    room,
    userId: user === undefined ? undefined : userIdOnWire(user),
    name: textOf(fields["name"]),
    message: textOf(fields["message"]),
    data: fields["data"],
    told: textOf(fields["event"]),
    messageId: textOf(fields["id"]),
    timestamp: at / 1000,
  };
  const given = Object.entries(told).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as ServerEvent;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function connectionFor(connection: Connection): ServerConnection {
  return {
    get id() {
      return connection.id;
    },
    get userId() {
      const user = connection.user ?? connection.identity?.user;
      return user === undefined ? undefined : userIdOnWire(user);
    },
    get name() {
      return connection.identity?.name ?? connection.name;
    },
    get site() {
      return connection.site;
    },
    disconnect: () => connection.disconnect(DISCONNECTS.disconnected),
  };
}
