/** How a room is told of a user who came or left: as a publication whose id says where it is among all such changes. */
import { unixSeconds } from "../../base/times.ts";
import type { UserId } from "../../base/fields.ts";
import type { Publication } from "../../core/publication.ts";

/** Where a change is among those of its room. */
export interface ChangeId {
  /** The room's version since the change; 0 where a node of an older version told of it, which knows none. */
  readonly version: number;
  /** How many users are in the room since the change; `undefined` where that is not known. */
  readonly users: number | undefined;
}

export type ChangeKind = "join" | "leave";

/** @param id absent where the store writes it */
export function changePublication(
  kind: ChangeKind,
  { user, name }: { readonly user: UserId; readonly name: string },
  id?: { readonly version: number; readonly users: number },
): Publication {
  const written = id === undefined ? "-" : `${id.version}.${id.users}`;
  return { kind, id: written, at: unixSeconds(), from: { user, name } };
}

export function readChangeId({ id }: Publication): ChangeId {
  const [version, users] = id.split(".").map(Number);
  if (Number.isSafeInteger(version) && Number.isSafeInteger(users)) {
    return { version: version ?? 0, users };
  }
  return { version: 0, users: undefined };
}
