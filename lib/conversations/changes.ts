/** Reads what a change of a conversation asks for, and does all of it in one transaction. */
import type { UserId } from "../base/fields.ts";
import { dataField } from "../base/said_fields.ts";
import type { Work } from "../engines/database/database.ts";
import { groupNameOf, pictureOf } from "./content.ts";
import type { ConversationChange } from "./requests.ts";
import { rename, setData, setPicture } from "./store/describing.ts";
import { add, giveRoles, leave, remove } from "./store/membership.ts";
import type { Outcome } from "./store/outcome.ts";
import { setOwn } from "./store/own_state.ts";
import type { WorkParts } from "./store/parts.ts";
import type { Actor } from "./types.ts";

type Step = (parts: WorkParts) => Work<Outcome<void>>;

/** The work of a change. Throws at once where the change says what is not allowed. */
export function changeOf(
  actor: Actor,
  id: number,
  change: ConversationChange,
  limits: WorkParts["limits"],
): Step {
  const steps = stepsOf(actor, id, change, limits);
  return function* (parts) {
    const outcomes: Outcome<void>[] = [];
    for (const step of steps) outcomes.push(yield* step(parts));
    return {
      result: undefined,
      told: outcomes.flatMap(({ told }) => told),
      happenings: outcomes.flatMap(({ happenings }) => happenings),
      read: outcomes.flatMap(({ read }) => read),
    };
  };
}

function stepsOf(
  actor: Actor,
  id: number,
  change: ConversationChange,
  limits: WorkParts["limits"],
): Step[] {
  const steps: Step[] = [];
  if (change.name !== undefined) {
    const name = groupNameOf(change.name, limits);
    steps.push((parts) => rename(parts, actor, id, name));
  }
  if (change.picture !== undefined) {
    const picture = pictureOf(change.picture);
    steps.push((parts) => setPicture(parts, actor, id, picture));
  }
  if (change.data !== undefined) {
    const data = dataField({ data: change.data }, limits.data);
    steps.push((parts) => setData(parts, actor, id, data));
  }
  const { add: added, remove: removed, roles } = change;
  if (isAny(added)) steps.push((parts) => add(parts, actor, id, added));
  if (isAny(removed)) steps.push((parts) => remove(parts, actor, id, removed));
  if (roles !== undefined) steps.push((parts) => giveRoles(parts, actor, id, roles));
  const { mutedUntil, pinned, archived } = change;
  if (mutedUntil !== undefined || pinned !== undefined || archived !== undefined) {
    steps.push((parts) => setOwn(parts, actor, id, change));
  }
  if (change.leave) steps.push((parts) => leave(parts, actor, id));
  return steps;
}

function isAny(users: readonly UserId[] | undefined): users is readonly UserId[] {
  return users !== undefined && users.length > 0;
}
