/** Who is compared in the rows about rooms. */
import type { RoomLoad } from "./loads/room.ts";
import type { Contender } from "./comparison.ts";
import { type ListenerName, startBare, startNotifyli, startPeer } from "./servers.ts";
import type { PeerName } from "./peers.ts";

export type Shape = Omit<RoomLoad, "ports" | "pids" | "key" | "seconds" | "dialect">;

/** One publisher, one room. */
export function oneRoom(window: number, clients = 1000): Shape {
  return { clients, roomSize: clients, window, everyoneTalks: false };
}

export function bare(listener: ListenerName, shape: Shape): Contender {
  return {
    name: `bare ${listener} loop, window ${shape.window}`,
    start: () => startBare(listener),
    load: { ...shape, dialect: "bare" },
  };
}

export function notifyli(
  listener: ListenerName,
  dialect: "v1" | "v2" | "told",
  shape: Shape,
): Contender {
  return {
    name: `notifyli ${dialect}, ${listener} listener, window ${shape.window}`,
    start: () => startNotifyli({ listener }),
    load: { ...shape, dialect },
  };
}

export function peerOnNode(name: PeerName, shape: Shape): Contender {
  return {
    name: `${name}, window ${shape.window}`,
    start: () => startPeer(name),
    load: { ...shape, dialect: name === "socketio" ? "socketio" : "bare" },
  };
}
