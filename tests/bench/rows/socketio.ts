/** What people mostly use today. */
import { notifyli, oneRoom, peerOnNode } from "../contenders.ts";
import type { Row } from "../row.ts";
import { compare, roomDetails } from "../run_load.ts";

export const socketio: Row = {
  name: "socketio",
  question: "Window 16, against Socket.IO",
  async measure(bench) {
    const rival = peerOnNode("socketio", oneRoom(16));
    const plain = notifyli("deno", "v1", oneRoom(16));
    const own = [
      plain,
      notifyli("node", "v1", oneRoom(16)),
      notifyli("deno", "v2", oneRoom(16)),
      notifyli("node", "v2", oneRoom(16)),
    ];
    const seen = await compare(bench, [rival, ...own]);
    return {
      checks: own.map(({ name }) => ({
        what: `${name}: deliveries/s, to Socket.IO`,
        value: seen[name]!.deliveriesPerSecond / seen[rival.name]!.deliveriesPerSecond,
        target: name === plain.name ? 1.4 : 10,
        is: "at least",
      })),
      details: roomDetails(seen),
    };
  },
};
