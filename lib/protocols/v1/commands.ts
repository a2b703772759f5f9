/**
 * The commands of the base protocol: a client enters a room by speaking there, and says in every frame who it is. Next on
 * a message's way: `rooms/rooms.ts`.
 */
import { shownFields } from "../../auth/commands.ts";
import { newGuest } from "../../auth/identity.ts";
import {
  claimedUser,
  type Fields,
  identifier,
  namesUser,
  optionalId,
  optionalName,
  optionalToken,
  type UserId,
} from "../../base/fields.ts";
import { type Said, saidFields } from "../../base/said_fields.ts";
import { roomChannel } from "../../core/channel.ts";
import { type Command, command, inLanes, weighed } from "../../core/command.ts";
import type { Connection } from "../../core/connection.ts";
import { Outgoing } from "../../core/outgoing.ts";
import type { PublishedMessage } from "../../rooms/membership.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { MOST_NAMED, presenceRequest, watchedOnWire } from "../../rooms/wire.ts";
import { authFrame, leftFrame, pongFrame, presenceFrame } from "../frames.ts";

/** Says who the client is, and in which room. */
interface KeepaliveMessage {
  /** A claim, until the connection has checked it. */
  readonly user: UserId;
  /** Whether the client has not said who it is, so that the server has made it up. */
  readonly isGuest?: boolean;
  readonly room: string;
  readonly name?: string;
  /** A subscription token for the room. */
  readonly token?: string;
}

export interface UserMessage extends KeepaliveMessage, Said {
  readonly id?: string;
}

export function baseCommands(rooms: Rooms): Command[] {
  return [
    inLanes(
      command("usermsg", guestsMessageFields, (connection, asked) => {
        const joining = identifyAndJoin(connection, asked);
        return joining
          ? joining.then(() => publish(connection, asked))
          : publish(connection, asked);
      }),
      // Where an application is asked first, messages for other rooms do not wait for its answer.
      (fields, connection) =>
        rooms.asking.mayTakeTime ? laneOfEntrance(fields, connection) : undefined,
    ),
    inLanes(command("keepalive", keepaliveFields, identifyAndJoin), laneOfEntrance),
    command("leave", roomField, async (connection, room) => {
      rooms.requireMembership(connection, room, "leave");
      await rooms.leave(connection, room);
      connection.send(new Outgoing(leftFrame(room)));
    }),
    weighed(command("presence", presenceFields, async (connection, { room, page }) => {
      const { channel } = rooms.requireMembership(connection, room, "list");
      connection.hold(channel);
      try {
        const watched = await rooms.watch(connection, channel, page);
        connection.send(new Outgoing(presenceFrame(room, watchedOnWire(watched))));
        watched.sent();
      } finally {
        connection.release(channel);
      }
    })),
    command(
      "auth",
      shownFields,
      async (connection, shown) => {
        const { user } = await connection.proof.authenticate(shown);
        connection.send(new Outgoing(authFrame(user)));
      },
    ),
    command("ping", () => {}, (connection) => connection.send(new Outgoing(pongFrame()))),
  ];

  /** Takes the client for this user, and puts it in the room where it is not there yet. */
  function identifyAndJoin(
    connection: Connection,
    asked: KeepaliveMessage,
  ): Promise<void> | undefined {
    const { user, room, name, token } = asked;
    const changing = connection.identify(user, name, asked);
    if (changing === undefined) return rooms.join(connection, room, name, token);
    return changing.then(() => {
      if (!connection.closed) return rooms.join(connection, room, name, token);
    });
  }

  /**
   * Does not wait for the engine, which keeps the order, but for an application that is asked. An error has the id of the
   * message that it is for.
   */
  function publish(
    connection: Connection,
    { user, id, room, message, data }: UserMessage,
  ): Promise<void> | void {
    const name = rooms.nameIn(connection, room);
    const publishing = rooms.publish(connection, { id, room, user, name, message, data });
    if (!(publishing instanceof Promise)) return tellIfDuplicate(connection, room, publishing);
    const done = publishing.then(
      (published) => tellIfDuplicate(connection, room, published),
      (error) => connection.reportError(error, id === undefined ? undefined : { id }),
    );
    if (rooms.asking.mayTakeTime) return done;
  }
}

/** Sends a message that was there before to its sender, who cannot know that it was taken the first time. */
function tellIfDuplicate(
  connection: Connection,
  room: string,
  { published, publication }: PublishedMessage,
): void {
  if (!published?.isDuplicate) return;
  const channel = roomChannel(connection.site, room);
  connection.send(new Outgoing(connection.protocol.dialect.encode(channel, publication)));
}

/** Reads the fields of a message, by the limits for a connection. */
export function messageFields(
  fields: Fields,
  { limits, identity }: Pick<Connection, "limits" | "identity">,
): UserMessage {
  return {
    id: optionalId(fields),
    user: claimedUser(fields, limits, identity?.user),
    room: identifier(fields, "room", limits.room),
    name: optionalName(fields, "name", limits.name),
    ...saidFields(fields, limits),
    token: optionalToken(fields),
  };
}

/** Reads the fields of a message; a guest of an open server cannot know its own id. */
function guestsMessageFields(fields: Fields, connection: Connection): UserMessage {
  const { user, isGuest } = connection;
  const isGuests = isGuest && !namesUser(fields);
  return messageFields(isGuests ? { ...fields, user_id: user } : fields, connection);
}

function keepaliveFields(fields: Fields, connection: Connection): KeepaliveMessage {
  const { limits, identity } = connection;
  const known = identity?.user ?? connection.user;
  // An open server takes whoever does not say who they are for a guest.
  const isGuest = known === undefined && !namesUser(fields);
  return {
    user: isGuest ? newGuest().user : claimedUser(fields, limits, known),
    isGuest,
    room: identifier(fields, "room", limits.room),
    name: optionalName(fields, "name", limits.name),
    token: optionalToken(fields),
  };
}

/**
 * Rooms are entered beside each other. A token takes its time, in which the client may not change its name; and a guest
 * who says who it is takes the rooms along that it is in.
 */
function laneOfEntrance(fields: Fields, { isGuest }: Connection): string | undefined {
  const { room, token } = fields;
  if (typeof room !== "string" || token !== undefined) return undefined;
  return isGuest && namesUser(fields) ? undefined : room;
}

/** Clients that know nothing of pages get as many users as one frame has. */
function presenceFields(fields: Fields, { limits }: Connection) {
  return {
    room: identifier(fields, "room", limits.room),
    page: presenceRequest(fields, MOST_NAMED),
  };
}

function roomField(fields: Fields, { limits }: Connection): string {
  return identifier(fields, "room", limits.room);
}
