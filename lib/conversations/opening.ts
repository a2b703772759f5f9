/** Finds and makes conversations: reads who is to be in one, and which it is. */
import { invalid, optionalId, type UserId } from "../base/fields.ts";
import { dataField } from "../base/said_fields.ts";
import { isWhole, requireUser } from "./access.ts";
import { type ContentLimits, groupNameOf, pictureOf } from "./content.ts";
import type { Doing } from "./doing.ts";
import type { OpenRequest } from "./requests.ts";
import {
  findPrivate,
  type NewGroup,
  type Opened,
  openGroup,
  openPrivate,
} from "./store/opening.ts";
import { pairOf } from "./store/rows.ts";
import type { ChatStore } from "./store/store.ts";
import type { Actor } from "./types.ts";

export interface OpeningParts {
  readonly store: ChatStore;
  readonly doing: Doing;
  readonly limits: ContentLimits;
}

export class Opening {
  readonly #parts: OpeningParts;

  constructor(parts: OpeningParts) {
    this.#parts = parts;
  }

  open(actor: Actor, request: OpenRequest): Promise<Opened> {
    if (request.kind === "private") return this.between(actor, pairIn(actor, request));
    return this.#group(actor, groupIn(actor, request, this.#parts.limits));
  }

  /** The private conversation of the actor's user with another one. */
  with(actor: Actor, other: UserId): Promise<Opened> {
    const user = requireUser(actor);
    if (other === user) throw invalid("to", other, "another user");
    return this.between(actor, [user, other]);
  }

  /** Nearly always there is one already, which costs no transaction. */
  async between(actor: Actor, users: readonly [UserId, UserId]): Promise<Opened> {
    const { store, doing } = this.#parts;
    const known = await store.read(() => findPrivate(actor.site, users));
    if (known?.members.length === 2) return { id: known.id, isCreated: false };
    const key = `of ${actor.site} ${pairOf(...users)}`;
    return await doing.change(actor.site, key, (parts) => openPrivate(parts, actor, users));
  }

  #group(actor: Actor, group: NewGroup): Promise<Opened> {
    const key = `of ${actor.site} ${actor.user} ${group.ownId ?? crypto.randomUUID()}`;
    return this.#parts.doing.change(actor.site, key, (parts) => openGroup(parts, actor, group));
  }
}

function pairIn(actor: Actor, { members }: OpenRequest): readonly [UserId, UserId] {
  const [one, other, ...more] = new Set([
    ...actor.user === undefined ? [] : [actor.user],
    ...members,
  ]);
  if (one !== undefined && other !== undefined && more.length === 0) return [one, other];
  throw invalid(
    "members",
    members,
    isWhole(actor)
      ? "two users in a private conversation"
      : "one other user in a private conversation",
  );
}

function groupIn(actor: Actor, request: OpenRequest, limits: ContentLimits): NewGroup {
  const own = isWhole(actor) ? [] : [requireUser(actor)];
  const users = [...new Set([...own, ...request.members])];
  if (users.length === 0) throw invalid("members", users, "one user at the least");
  return {
    users,
    name: groupNameOf(request.name, limits),
    picture: pictureOf(request.picture),
    data: dataField({ data: request.data }, limits.data),
    history: request.history ?? "joined",
    ownId: optionalId({ id: request.id }),
  };
}
