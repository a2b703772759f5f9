/** What clients of version 2 can ask of topics. */
import { type Fields, invalid, optionalToken } from "../base/fields.ts";
import { about, type Answer, type Command, command, inLanes, weighed } from "../core/command.ts";
import { flag, positionField } from "../core/command_fields.ts";
import type { Connection } from "../core/connection.ts";
import { topicsOf } from "./connection_topics.ts";
import { topicField } from "./fields.ts";
import { filterField } from "./filter.ts";
import type { SubscribeRequest } from "./requests.ts";
import type { Topics } from "./topics.ts";
import { eventFrames } from "./wire.ts";

/** Commands about a topic are worked on beside those about other topics and rooms. */
export function topicCommands(topics: Topics): Command[] {
  return [
    weighed(byTopic("subscribe", subscribeFields, async (connection, asked) => {
      const subscribed = await topics.subscribe(connection, asked);
      const { channel, subs: [sub], offset, epoch, recovered, reason } = subscribed;
      const publications = eventFrames(connection, subscribed);
      return {
        data: { topic: asked.topic, sub, offset, epoch, recovered, reason, publications },
        sent: () => connection.release(channel),
      };
    })),
    byTopic("unsubscribe", unsubscribeFields, async (connection, { sub, topic }) => {
      if (sub === undefined) {
        return { data: { topic, subs: await topics.unsubscribeAll(connection, topic) } };
      }
      return { data: { topic: await topics.unsubscribe(connection, sub), sub } };
    }),
  ];
}

function byTopic<Asked>(
  type: string,
  read: (fields: Fields, connection: Connection) => Asked,
  run: (connection: Connection, asked: Asked) => Promise<Answer>,
): Command {
  return about(["topic", "sub"], inLanes(command(type, read, run), laneOf));
}

/** No room is called so, since names have no line breaks. */
function laneOf({ topic, sub }: Fields, connection: Connection): string | undefined {
  const name = typeof sub === "number" ? topicsOf(connection).get(sub)?.channel.name : topic;
  return typeof name === "string" ? `topic\n${name}` : undefined;
}

function subscribeFields(fields: Fields, { limits }: Connection): SubscribeRequest {
  return {
    topic: topicField(fields, limits),
    filters: [filterField(fields)],
    since: positionField(fields, "since"),
    replay: flag(fields, "replay"),
    token: optionalToken(fields),
  };
}

type Unsubscribe =
  | { readonly sub: number; readonly topic?: undefined }
  | { readonly sub?: undefined; readonly topic: string };

function unsubscribeFields(fields: Fields, { limits }: Connection): Unsubscribe {
  const { sub } = fields;
  if (sub === undefined || sub === null) return { topic: topicField(fields, limits) };
  if (Number.isSafeInteger(sub)) return { sub: Number(sub) };
  throw invalid("sub", sub, "the number of a subscription");
}
