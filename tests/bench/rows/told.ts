/** What clients tell each other in rooms beside messages, such as that somebody is typing. */
import { Comparison, type Contender } from "../comparison.ts";
import { notifyli, type Shape } from "../contenders.ts";
import type { Row } from "../row.ts";
import { startNotifyli } from "../servers.ts";

const SHAPE: Shape = { clients: 1000, roomSize: 5, window: 200, everyoneTalks: true };

export const told: Row = {
  name: "told",
  question: "1,000 clients in rooms of 5, everyone tells of events, against messages of version 2",
  async measure(bench) {
    const said = notifyli("deno", "v2", SHAPE);
    const events: Contender = {
      ...notifyli("deno", "told", SHAPE),
      name: "notifyli v2, deno listener, events in place of messages",
      start: () => startNotifyli({ listener: "deno", env: { APP_RATE_EVENTS: "off" } }),
    };
    const seen = await Comparison.make(bench, [said, events]);
    return {
      checks: [{
        what: "events: deliveries/s, to messages",
        ...seen.ratio(events, said),
        target: 0.7, // each comes to four, and not to five: its own cost is shared by fewer
        is: "at least",
      }],
      details: seen.details(),
    };
  },
};
