/** How the connections of a room are given what happens there: what is said, and, to those who watch, who comes and goes. */
import type { Arrival } from "../core/arrival.ts";
import { deliverToAll, type HubChannel } from "../core/hub.ts";
import type { Kinds } from "../core/node.ts";

export const ROOM_KINDS: Kinds = {
  message: deliverToAll,
  join: tellWatchers,
  leave: tellWatchers,
};

function tellWatchers({ key, watchers = new Set() }: HubChannel, arrival: Arrival): void {
  for (const connection of watchers) {
    connection.deliver(key, 0, arrival.in(connection.protocol.dialect));
  }
}
