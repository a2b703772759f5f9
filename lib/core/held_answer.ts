/** Answers of what was read of a channel, before what was published there meanwhile: that is newer than the answer. */
import type { Channel } from "./channel.ts";
import type { Answer } from "./command.ts";
import type { Connection } from "./connection.ts";
import type { Position } from "./publication.ts";

/** What was read, and what follows its answer. */
interface Read {
  readonly data: unknown;
  /** Up to where the answer has what was published. */
  readonly upTo?: Position;
  sent?(): void;
}

/**
 * Answers with what `work` resolves with. What {@linkcode Connection.hold} held back of the channel follows the answer, but
 * for publications up to `upTo`, which the answer has. Where `work` fails, all that was held back follows.
 */
export async function answerThenRelease(
  connection: Connection,
  channel: Channel,
  work: () => Promise<Read>,
): Promise<Answer> {
  try {
    const { data, upTo, sent } = await work();
    return {
      data,
      sent() {
        sent?.();
        connection.release(channel, upTo);
      },
    };
  } catch (error) {
    connection.release(channel);
    throw error;
  }
}

/** As {@linkcode answerThenRelease}, and holds back what is published there from now on. */
export function holdAndAnswer(
  connection: Connection,
  channel: Channel,
  work: () => Promise<Read>,
): Promise<Answer> {
  connection.hold(channel);
  return answerThenRelease(connection, channel, work);
}
