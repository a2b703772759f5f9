/** What the streams of events are to their callers. */
import { line, list, oneOf, text } from "../../base/schema.ts";
import type { Limits } from "../../base/sizes.ts";
import { may, type MountAbout, must } from "../../http/openapi/about.ts";
import { kit } from "../../http/openapi/kit.ts";

const FRAME = text("A command of version 2, as on a WebSocket.");

export function sseApi(limits: Limits): readonly MountAbout[] {
  const { room, topic } = kit(limits);
  const commands = {
    others: { "application/json": FRAME, "text/plain": FRAME },
    isRequired: true,
  } as const;
  const taken = { 202: { description: "It is on its way to the session." } };
  return [
    {
      method: "GET",
      path: "/sse",
      access: "link",
      about: {
        id: "openStream",
        tag: "streams",
        summary: "Open a stream of events: a connection of version 2, whose commands come by POST",
        description:
          "With a query it needs no commands: the server introduces the client, and enters rooms and subscribes.",
        query: {
          user_id: may(line("The user.", limits.userId)),
          name: may(line("The name that others see.", limits.name)),
          room: may(list("Rooms that it enters.", room, { most: limits.rooms })),
          topic: may(list("Topics that it hears.", topic, { most: limits.rooms })),
          filter: may(list("For each topic, which events come; in the same order.", text("JSON."))),
          conversations: may(oneOf("Whether the user's conversations come.", ["true", "false"])),
          replay: may(
            oneOf("Whether the last event of a topic comes again that cannot be gone on from.", [
              "true",
              "false",
            ]),
          ),
          last_event_id: may(text("The id of the last event that the client has.")),
          token: may(text("A connection token, where no header can be set.")),
        },
        headers: { "Last-Event-ID": may(text("The id of the last event that the client has.")) },
        answers: {
          200: {
            description: "Events, whose data are frames of version 2 in JSON.",
            others: { "text/event-stream": text("Events.") },
          },
        },
        errors: ["too_many_rooms", "too_many_subscriptions", "unavailable"],
      },
    },
    {
      method: "POST",
      path: "/sse",
      access: "anybody",
      about: {
        id: "sendToStream",
        tag: "streams",
        summary: "Send a command to the session that a header names",
        headers: { "X-Session": must(text("The session, as its first event names it.")) },
        body: commands,
        answers: taken,
        errors: ["not_found", "unavailable"],
      },
    },
    {
      method: "POST",
      path: "/sse/:session",
      access: "anybody",
      about: {
        id: "sendToSession",
        tag: "streams",
        summary: "Send a command to the session that the path names",
        path: { session: must(text("The session, as its first event names it.")) },
        body: commands,
        answers: taken,
        errors: ["unavailable"],
      },
    },
  ];
}
