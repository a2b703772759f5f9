/** What the commands of conversations have in common: which frames wait for each other, and how lists are answered. */
import { type Answer, type Command, command, inLanes, type Lane } from "../core/command.ts";
import type { Connection } from "../core/connection.ts";
import { answerCharacters } from "../core/work.ts";
import { boundedPage } from "./bounded.ts";
import type { OnWire } from "./wire.ts";

/** A command whose frames wait for those of the same conversation, and for no others'. */
export function ofConversation<Asked>(...parts: Parameters<typeof command<Asked>>): Command {
  return inLanes(command(...parts), conversationLane);
}

/** A command whose frames wait for those of the same message, and for no others'. */
export function ofMessage<Asked>(...parts: Parameters<typeof command<Asked>>): Command {
  return inLanes(command(...parts), ({ message }) => laneOf("message", message));
}

const conversationLane: Lane = ({ conversation, to }) =>
  laneOf("conversation", conversation) ?? laneOf("to", to);

/** A line break is in no name of a room, which lanes are called by, too. */
function laneOf(noun: string, id: unknown): string | undefined {
  return typeof id === "number" || typeof id === "string" ? `\n${noun} ${id}` : undefined;
}

/** Answers with a page that is no longer than the client may have waiting, and counts what it cost. */
export async function listed(
  connection: Connection,
  limit: number,
  read: (limit: number) => Promise<readonly [data: OnWire, entries: number]>,
): Promise<Answer> {
  const { data, ...expense } = await boundedPage(
    limit,
    answerCharacters(connection.limits),
    read,
  );
  connection.charge(expense);
  return { data };
}
