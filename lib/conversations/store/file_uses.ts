/** The works by which messages use files: who sends one must see it, who sees a message sees its file, and a message that goes gives it back. */
import { invalid } from "../../base/fields.ts";
import { row, type Work } from "../../engines/database/database.ts";
import type { FileActor } from "../../files/access.ts";
import type { Content } from "../content.ts";
import { isElsewhere, keptFile } from "../message_files.ts";
import type { Actor, Message, MessageFile } from "../types.ts";
import type { WorkParts } from "./parts.ts";

/** The kind of these uses. Each is named by the id of its message. */
export const MESSAGE_USE = "message";

type Parts = Pick<WorkParts, "files">;

/** What is known of the file of a message that is about to be stored. Throws where its sender may not use it so. */
export function* fileToSend(
  { files }: Parts,
  actor: Actor,
  { kind, file: id }: Pick<Content, "kind" | "file">,
): Work<MessageFile | undefined> {
  if (id === undefined) return undefined;
  if (isElsewhere(id)) return { id };
  const facts = yield* files.check(actor, id);
  if (kind !== "image" || facts.type.startsWith("image/")) return keptFile(facts);
  throw invalid(
    "file",
    id,
    `the id of an image in a message of the kind image: it is ${facts.type}`,
  );
}

/** Notes that a message has its file, which stays there from now on. */
export function* useFile({ files }: Parts, actor: Actor, { id, file }: Message): Work<void> {
  if (file === undefined || isElsewhere(file.id)) return;
  const { site } = actor;
  yield* files.use(actor, file.id, { kind: MESSAGE_USE, ref: String(id), site });
}

/** Gives back the files of messages that are no more. @param messages ids of those that had one */
export function* giveFilesBack({ files }: Parts, messages: readonly number[]): Work<void> {
  if (messages.length > 0) yield* files.unuse(MESSAGE_USE, messages.map(String));
}

/** Whether the user sees one of these messages. */
export function* seesMessage(
  { site, user }: FileActor,
  refs: readonly string[],
): Work<boolean> {
  const ids = filledUp(refs.map(Number));
  const places = ids.map((_, at) => `$${at + 3}`).join();
  const found = yield* row(
    `SELECT 1 AS found FROM chat_messages s
     JOIN chat_members m ON m.conversation = s.conversation AND m.user_id = $2
       AND m.left_at IS NULL AND s."offset" > m.from_offset
     JOIN conversations c ON c.id = s.conversation AND c.ended_at IS NULL
     WHERE s.id IN (${places}) AND s.site = $1 AND s.deleted_at IS NULL LIMIT 1`,
    ...[site, user ?? "", ...ids],
  );
  return found !== undefined;
}

/** The list with its last value again, up to a power of two, so that there are few texts to prepare. */
function filledUp(ids: readonly number[]): number[] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(1, ids.length)));
  return [...ids, ...new Array<number>(size - ids.length).fill(ids.at(-1) ?? 0)];
}
