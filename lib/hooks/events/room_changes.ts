/** Tells of users who come into rooms and leave them, and of rooms that are occupied and vacated, once on all nodes together. */
import type { Rooms } from "../../rooms/rooms.ts";
import { nextId } from "../../base/ids.ts";
import type { AppEvents, Audience } from "./app_events.ts";
import type { AppEvent, EventName } from "./event.ts";

type RoomChange = Parameters<Parameters<Rooms["listenToChanges"]>[0]>[0];

/** @param streamsOf the streams of logs, where the engine writes them in one step with the change */
export function tellRoomChanges(
  events: AppEvents,
  rooms: Rooms,
  streamsOf: (logs: readonly string[]) => readonly string[],
): void {
  const isWritten = rooms.logChangesBy({
    streamsOf(kind, site, room) {
      const [ofUser, ofRoom] = kind === "join"
        ? ["room.join", "room.occupied"] as const
        : ["room.leave", "room.vacated"] as const;
      const streams = (event: EventName) => {
        if (!events.asksFor(event)) return [];
        return streamsOf(events.audienceOf(event, site, room)?.logs ?? []);
      };
      return { ofUsers: streams(ofUser), ofRooms: streams(ofRoom) };
    },
  });
  rooms.listenToChanges((change) => {
    if (!events.isAsked) return;
    for (const event of eventsOf(change)) {
      const audience = events.audienceOf(event, change.site, change.room);
      const told = eventOf(event, change);
      if (audience !== undefined) events.call(audience, told);
      if (!isWritten) write(events, change, audience, told);
    }
  });
}

/** Writes a change into logs by itself. What has come leaves when the server dies: then its next start tells of that. */
function write(
  events: AppEvents,
  change: RoomChange,
  audience: Audience | undefined,
  told: AppEvent,
): void {
  const { site, room, user } = change;
  const isOfUser = told.event === "room.join" || told.event === "room.leave";
  const key = ["room", site, room, isOfUser ? user : ""].join("\n");
  if (change.kind === "leave") {
    if (audience !== undefined) void events.end(audience, told, key);
    return;
  }
  const end = isOfUser ? "room.leave" : "room.vacated";
  const logs = events.audienceOf(end, site, room)?.logs ?? [];
  const ending = eventOf(end, { ...change, id: nextId() });
  void events.begin(audience, told, { key, logs, event: ending });
}

/** A room is occupied before the first user has come there, and vacated after the last one has left. */
function eventsOf({ kind, users }: RoomChange): EventName[] {
  if (kind === "join") return users === 1 ? ["room.occupied", "room.join"] : ["room.join"];
  return users === 0 ? ["room.leave", "room.vacated"] : ["room.leave"];
}

/** The same as `rooms/store/presence_log.lua` writes. */
function eventOf(event: EventName, { site, room, user, name, id }: RoomChange): AppEvent {
  const at = Date.now();
  return event === "room.join" || event === "room.leave"
    ? { event, id, site, room, user, at, data: { name } }
    : { event, id: `${id}-room`, site, room, at, data: {} };
}
