/** Changes what a group is called, shows and carries. Each change is one event of the conversation. */
import { rows, type Work } from "../../engines/database/database.ts";
import { requireRight } from "../access.ts";
import type { Actor } from "../types.ts";
import { addSystem, announce } from "./membership.ts";
import type { Outcome } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { jsonOrNull } from "./rows.ts";
import { advance, enterAlone } from "./statements.ts";

/** Gives a group another name; `undefined` for none. */
export function* rename(
  parts: WorkParts,
  actor: Actor,
  id: number,
  name: string | undefined,
): Work<Outcome<void>> {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  requireRight(entered, "change");
  if (name === entered.conversation.name) return tell.outcome(undefined);
  yield* rows("UPDATE conversations SET name = $2 WHERE id = $1", id, name ?? null);
  const renamed = { ...entered, conversation: { ...entered.conversation, name } };
  const stored = yield* addSystem(parts.sql, actor, renamed, { event: "renamed", name });
  yield* announce(tell, renamed, stored, "renamed", { name: name ?? null });
  return tell.outcome(undefined);
}

/** Gives a group another picture; `undefined` for none. */
export function* setPicture(
  parts: WorkParts,
  actor: Actor,
  id: number,
  picture: string | undefined,
): Work<Outcome<void>> {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  requireRight(entered, "change");
  if (picture === entered.conversation.picture) return tell.outcome(undefined);
  yield* rows("UPDATE conversations SET picture = $2 WHERE id = $1", id, picture ?? null);
  const stored = yield* addSystem(parts.sql, actor, entered, { event: "pictured" });
  yield* announce(tell, entered, stored, "pictured", { picture: picture ?? null });
  return tell.outcome(undefined);
}

/** Sets what a conversation carries for programs: of a private one an application alone may. */
export function* setData(
  parts: WorkParts,
  actor: Actor,
  id: number,
  data: unknown,
): Work<Outcome<void>> {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  const { conversation, member } = entered;
  if (member !== undefined) requireRight(entered, "change");
  const { offset, membersVersion } = yield* advance(parts.sql, id, {});
  yield* rows("UPDATE conversations SET data = $2 WHERE id = $1", id, jsonOrNull(data));
  yield* tell.members(conversation, membersVersion, {
    ...{ type: "conversation", conversation: id, offset, change: "data" },
    data: { data: data ?? null },
  });
  return tell.outcome(undefined);
}
