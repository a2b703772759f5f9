/**
 * The conversations of a stream's user (`/sse?conversations=1`): first the list, or what has changed in it since the stream was
 * there the last time, then all that happens. Who needs the messages that were missed asks for them over HTTP, by the offset
 * that each conversation in the list has. `sse_plain.ts` starts the stream.
 */
import { actorOf } from "../../conversations/actor.ts";
import type { Conversations } from "../../conversations/conversations.ts";
import { boundedPage } from "../../conversations/bounded.ts";
import { listOnWire, type OnWire } from "../../conversations/wire.ts";
import { chatChannel } from "../../core/channel.ts";
import type { Connection } from "../../core/connection.ts";
import { Outgoing } from "../../core/outgoing.ts";
import { answerCharacters, ONE_FRAME } from "../../core/work.ts";
import type { Positions } from "./sse_positions.ts";

/** How many conversations one frame has at the most. */
const PAGE = 200;

/** Subscribes, then reads the list. Resolves with what sends it, and after it what came meanwhile. */
export async function startConversations(
  connection: Connection,
  positions: Positions,
  service: Conversations,
): Promise<() => Promise<void>> {
  const actor = actorOf(connection);
  const channel = chatChannel(connection.site, actor.user ?? "");
  const since = positions.get(channel)?.epoch;
  await connection.allowance();
  connection.charge(ONE_FRAME); // as a client pays with commands
  connection.hold(channel);
  try {
    await service.subscribe(connection);
    const first = await read();
    return () => send(first);
  } catch (error) {
    connection.release(channel);
    throw error;
  }

  /** What has changed since is sent whole; of the whole list the first page, which says how to go on. */
  async function send(page: OnWire): Promise<void> {
    const { next, synced, ...shown } = page;
    const goesOn = since !== undefined && next !== undefined;
    // A client that comes back before it has the last page begins from where it began now.
    const position = { offset: 0, epoch: String(synced) };
    const place = goesOn ? undefined : { channel, position };
    const frame = { type: "conversations", ...shown, next: goesOn ? undefined : next, synced };
    await connection.drained();
    connection.send(new Outgoing(JSON.stringify(frame), place));
    if (!goesOn || connection.closed) return connection.release(channel);
    await connection.allowance();
    await send(await read(String(next)));
  }

  async function read(cursor?: string): Promise<OnWire> {
    const most = answerCharacters(connection.limits);
    const { data, ...expense } = await boundedPage(PAGE, most, async (limit) => {
      const list = await service.list(actor, { limit, cursor, since });
      return [listOnWire(list), list.conversations.length];
    });
    connection.charge(expense);
    return data;
  }
}
