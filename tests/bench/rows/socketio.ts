/** What people mostly use today. */
import { Comparison } from "../comparison.ts";
import { bare, notifyli, oneRoom, peerOnNode } from "../contenders.ts";
import { digits, type Row } from "../row.ts";

export const socketio: Row = {
  name: "socketio",
  question: "Window 16, against Socket.IO",
  async measure(bench) {
    const rival = peerOnNode("socketio", oneRoom(16));
    const ground = bare("deno", oneRoom(16));
    const plain = notifyli("deno", "v1", oneRoom(16));
    const own = [
      plain,
      notifyli("node", "v1", oneRoom(16)),
      notifyli("deno", "v2", oneRoom(16)),
      notifyli("node", "v2", oneRoom(16)),
    ];
    const seen = await Comparison.make(bench, [rival, ground, ...own]);
    return {
      checks: own.map((one) => ({
        what: `${one.name}: deliveries/s, to Socket.IO`,
        ...seen.ratio(one, rival),
        target: one === plain ? 1.4 : 10,
        is: "at least",
      })),
      details: seen.details(),
      notes: [
        `The bare Deno loop, which no \`deno\` listener passes with a message a write, makes ${
          digits(seen.ratio(ground, rival).value)
        } times as many as Socket.IO.`,
      ],
    };
  },
};
