/** The routes by which other systems say something in a room, or tell those in it of an event. Next: `rooms.ts`, `say`. */
import type { Fields } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { type Channel, roomChannel } from "../core/channel.ts";
import { withBeside } from "../http/beside_body.ts";
import type { Call } from "../http/call.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import { PublishLimit } from "../limits/publish_limit.ts";
import type { Rates } from "../limits/settings.ts";
import { eventFields } from "./events.ts";
import type { RoomMessage } from "./membership.ts";
import type { Rooms } from "./rooms.ts";
import { requireSame, senderFields, systemMessageFields } from "./system_fields.ts";

export interface SayRoutesConfig {
  readonly limits: Limits;
  readonly rates: Pick<Rates, "publishes">;
  /** Reads the room of a call's path. */
  roomOf(call: Call): string;
}

export function sayRoutes(
  rooms: Rooms,
  { limits, rates, roomOf }: SayRoutesConfig,
): readonly Route[] {
  const publishing = new PublishLimit(rates);

  return [
    ...(["POST", "PUT"] as const).map((method): Route => ({
      method,
      path: "/rooms/:room/messages",
      scope: "publish",
      async run(call) {
        const room = roomOf(call);
        const fields = withBeside(await call.fieldsOr("message"), textsBeside(call));
        requireSame("room", fields, room);
        const channel = openChannel(call.managedSite(fields), room);
        return await say(call, channel, { room, ...systemMessageFields(fields, limits) });
      },
    })),
    {
      method: "POST",
      path: "/rooms/:room/events",
      scope: "publish",
      async run(call) {
        const room = roomOf(call);
        const fields = await call.fields();
        requireSame("room", fields, room);
        const channel = openChannel(call.managedSite(fields), room);
        const event = eventFields(fields, limits);
        publishing.limitPublish(call.rateKey);
        await rooms.events.publish(channel, { ...event, from: senderFields(fields, limits) });
        return { status: 200, json: { room, event: event.event } };
      },
    },
  ];

  function openChannel(site: string, room: string): Channel {
    rooms.access.requireOpen(site, room);
    return roomChannel(site, room);
  }

  async function say(call: Call, channel: Channel, message: RoomMessage): Promise<HttpAnswer> {
    publishing.limitPublish(call.rateKey);
    const { id, published } = await rooms.say(channel, message);
    const { offset, epoch, isDuplicate = false } = published ?? {};
    return { status: isDuplicate ? 200 : 201, json: { id, room: message.room, offset, epoch } };
  }
}

/** What is said beside the body: in the query, and before that in headers. */
export function textsBeside(call: Call): Fields {
  const inHeaders = {
    name: call.header("x-name"),
    user_id: call.header("x-user-id"),
    id: call.callersId,
  };
  const inQuery = { name: call.query("name"), user_id: call.query("user_id") };
  return { ...given(inHeaders), ...given(inQuery) };
}

function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
