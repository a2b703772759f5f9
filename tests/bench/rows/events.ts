/** What it costs that an endpoint is told of every message. */
import { SECRET } from "../../support/receiver.ts";
import { Comparison, type Contender } from "../comparison.ts";
import { notifyli, type Shape } from "../contenders.ts";
import type { Row } from "../row.ts";
import { type Server, startNotifyli } from "../servers.ts";

/** Each message is one event, and comes to five. */
const SHAPE: Shape = { clients: 1000, roomSize: 5, window: 200, everyoneTalks: true };

export const events: Row = {
  name: "events",
  question: "1,000 clients in rooms of 5, an endpoint is told of `message.received`, against none",
  async measure(bench) {
    const ground = notifyli("deno", "v1", SHAPE);
    const told: Contender = {
      ...ground,
      name: "notifyli v1, deno listener, endpoint told of every message",
      start: startTelling,
    };
    const seen = await Comparison.make(bench, [ground, told]);
    return {
      checks: [{
        what: "with an endpoint: deliveries/s, to none",
        ...seen.ratio(told, ground),
        target: 0.5,
        is: "at least",
      }],
      details: seen.details(),
    };
  },
};

/** A server with an endpoint, which takes all that it is told. */
async function startTelling(): Promise<Server> {
  const endpoint = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      await request.body?.cancel();
      return new Response(null, { status: 204 });
    },
  );
  const server = await startNotifyli({
    listener: "deno",
    env: {
      HOOK_URL: `http://127.0.0.1:${endpoint.addr.port}/`,
      HOOK_SECRET: SECRET,
      HOOK_EVENTS: "message.received",
      APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
    },
  });
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await endpoint.shutdown();
    },
  };
}
