/** The base protocol on the `node` listener, against the strongest peer that can be had. */
import { Comparison } from "../comparison.ts";
import { notifyli, oneRoom, peerOnNode } from "../contenders.ts";
import { peer } from "../peers.ts";
import type { Row } from "../row.ts";

export const baseNode: Row = {
  name: "base-node",
  question: "Base protocol, `node` listener, window 16, against uWebSockets.js",
  async measure(bench) {
    const { why } = await peer("uws");
    const rival = peerOnNode(why === undefined ? "uws" : "ws", oneRoom(16));
    const own = notifyli("node", "v1", oneRoom(16));
    const seen = await Comparison.make(bench, [rival, own]);
    return {
      checks: [{
        what: `server CPU a delivery, to ${rival.name}`,
        value: seen.cpuRatio(own, rival),
        target: 1,
        is: "at most",
      }],
      details: seen.details(),
      notes: why === undefined ? [] : [`Compared to ws on Node: ${why}`],
    };
  },
};
