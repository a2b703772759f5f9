/** Tells of users who come into rooms and leave them, and of rooms that are occupied and vacated, once on all nodes together. */
import type { Rooms } from "../../rooms/rooms.ts";
import type { AppEvents } from "./app_events.ts";
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
    for (const event of eventsOf(change)) {
      if (!events.asksFor(event)) continue;
      const audience = events.audienceOf(event, change.site, change.room);
      if (audience === undefined) continue;
      const told = eventOf(event, change);
      events.call(audience, told);
      if (!isWritten) void events.write(audience, told);
    }
  });
}

/** A room is occupied before the first user has come there, and vacated after the last one has left. */
function eventsOf({ kind, users }: RoomChange): EventName[] {
  if (kind === "join") return users === 1 ? ["room.occupied", "room.join"] : ["room.join"];
  return users === 0 ? ["room.leave", "room.vacated"] : ["room.leave"];
}

/** The same as `presence_log.lua` writes. */
function eventOf(event: EventName, { site, room, user, name, id }: RoomChange): AppEvent {
  const at = Date.now();
  return event === "room.join" || event === "room.leave"
    ? { event, id, site, room, user, at, data: { name } }
    : { event, id: `${id}-room`, site, room, at, data: {} };
}
