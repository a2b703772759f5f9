/** What clients of version 2 can ask of rooms. */
import { type Fields, identifier, optionalId, optionalToken } from "../base/fields.ts";
import { saidFields } from "../base/said_fields.ts";
import { roomChannel } from "../core/channel.ts";
import { about, type Command, command, inLanes, type Lane, weighed } from "../core/command.ts";
import { flag, pageSize, positionField } from "../core/command_fields.ts";
import type { Connection } from "../core/connection.ts";
import { answerThenRelease } from "../core/held_answer.ts";
import type { KeptPublication, Position } from "../core/publication.ts";
import { eventFields } from "./events.ts";
import { membershipsOf, type RoomSync } from "./membership.ts";
import type { Rooms } from "./rooms.ts";
import { presenceRequest, watchedOnWire } from "./wire.ts";

/** How long a list of users is not read for a client that reads slowly: as long as a client may be slow. */
const DRAIN_MS = 1000;

interface Subscribe {
  readonly room: string;
  readonly since?: Position;
  readonly replay: boolean;
  readonly token?: string;
}

interface RoomData extends Omit<RoomSync, "publications"> {
  readonly room: string;
  readonly publications: readonly Fields[];
}

/**
 * All but `publish` and `event` are worked on beside those of other rooms: a client in many rooms does not wait for each.
 * What is published has its place between all other commands; where an application is asked first, which takes its time, it
 * has its place between those of its room.
 */
export function roomCommands(rooms: Rooms): Command[] {
  const { asking } = rooms;
  const mayTakeTime = () => asking.mayTakeTime;
  const mayHoldEvents = () => asking.mayHoldEvents;
  const speech: Lane = ({ room }) => mayTakeTime() ? laneOf(room) : undefined;
  const events: Lane = ({ room }) => mayHoldEvents() ? laneOf(room) : undefined;
  return [
    weighed(roomByRoom("subscribe", subscribeFields, async (connection, asked) => {
      const { room } = asked;
      return await answerThenRelease(connection, roomChannel(connection.site, room), async () => {
        await rooms.join(connection, room, undefined, asked.token);
        holdRoom(connection, room);
        const data = await subscribed(connection, asked, rooms);
        rooms.requireMembership(connection, room, "subscribe to"); // it may have been put out meanwhile
        return { data, upTo: data };
      });
    })),
    roomByRoom("unsubscribe", roomField, async (connection, room) => {
      rooms.requireMembership(connection, room, "leave");
      await rooms.leave(connection, room);
      return { data: { room } };
    }),
    inLanes(
      command("publish", publishFields, async (connection, asked) => {
        const user = connection.requireUser();
        const name = rooms.nameIn(connection, asked.room);
        const said = await rooms.publish(connection, { ...asked, user, name });
        const { offset, epoch } = said.published ?? {};
        return { data: { id: said.id, offset, epoch } };
      }),
      speech,
      mayTakeTime,
    ),
    inLanes(
      command("event", roomEventFields, async (connection, { room, ...event }) => {
        await rooms.events.tell(connection, room, rooms.nameIn(connection, room), event);
        return { data: { room } };
      }),
      events,
      mayHoldEvents,
    ),
    weighed(roomByRoom("history", historyFields, async (connection, { room, since, limit }) => {
      rooms.requireMembership(connection, room, "read");
      const { publications, ...sync } = await rooms.history(connection, room, { since, limit });
      return { data: { ...sync, publications: framesOf(connection, room, publications) } };
    })),
    weighed(roomByRoom("presence", presenceFields, async (connection, { room, page }) => {
      await connection.drained(DRAIN_MS);
      const { channel } = rooms.requireMembership(connection, room, "list"); // it may have left meanwhile
      return await answerThenRelease(connection, roomChannel(connection.site, room), async () => {
        holdRoom(connection, room);
        const watched = await rooms.watch(connection, channel, page);
        return {
          data: { room, ...watchedOnWire(watched) },
          sent: () => watched.sent(),
        };
      });
    })),
  ];
}

function roomByRoom<Asked>(...parts: Parameters<typeof command<Asked>>): Command {
  const byRoom: Lane = ({ room }) => laneOf(room);
  return about(["room"], inLanes(command(...parts), byRoom));
}

function laneOf(room: unknown): string | undefined {
  return typeof room === "string" ? room : undefined;
}

function subscribeFields(fields: Fields, { limits }: Connection): Subscribe {
  return {
    room: identifier(fields, "room", limits.room),
    since: positionField(fields, "since"),
    replay: flag(fields, "replay"),
    token: optionalToken(fields),
  };
}

function presenceFields(fields: Fields, { limits }: Connection) {
  return { room: identifier(fields, "room", limits.room), page: presenceRequest(fields) };
}

function historyFields(fields: Fields, { limits }: Connection) {
  return {
    room: identifier(fields, "room", limits.room),
    since: positionField(fields, "since"),
    limit: pageSize(fields),
  };
}

/**
 * What a client gets that enters a room: what it missed since its position, or, where it has none and asks for that, the
 * last message again.
 */
async function subscribed(
  connection: Connection,
  { room, since, replay }: Subscribe,
  rooms: Rooms,
): Promise<RoomData> {
  const sync = await rooms.recover(connection, room, since);
  const data = { room, ...sync, publications: framesOf(connection, room, sync.publications) };
  if (!replay || since !== undefined) return data;
  const before = { offset: Math.max(0, sync.offset - 1), epoch: sync.epoch };
  const { publications } = await rooms.history(connection, room, { since: before, limit: 1 });
  const last = framesOf(connection, room, publications);
  return { ...data, publications: last.map((each) => ({ ...each, replay: true })) };
}

/** The fields of something that is said, by the limits for a connection. */
export function publishFields(fields: Fields, { limits }: Pick<Connection, "limits">) {
  return {
    id: optionalId(fields),
    room: identifier(fields, "room", limits.room),
    ...saidFields(fields, limits),
  };
}

function roomEventFields(fields: Fields, { limits }: Connection) {
  return { room: identifier(fields, "room", limits.room), ...eventFields(fields, limits) };
}

function roomField(fields: Fields, { limits }: Connection): string {
  return identifier(fields, "room", limits.room);
}

/** Holds back what is said in a room, until {@linkcode answerThenRelease} has answered. */
function holdRoom(connection: Connection, room: string): void {
  const membership = membershipsOf(connection).get(room);
  if (membership !== undefined) connection.hold(membership.channel);
}

/** A room's publications as the connection's dialect writes them. */
function framesOf(
  { site, protocol: { dialect } }: Connection,
  room: string,
  publications: readonly KeptPublication[],
): Fields[] {
  const channel = roomChannel(site, room);
  return publications.map(({ offset, publication }) => dialect.frame(channel, publication, offset));
}
