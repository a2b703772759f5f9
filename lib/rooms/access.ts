/**
 * Says who may enter a room, speak there, and see who is there. `joining.ts` and `rooms.ts` ask here before they do it,
 * whichever way a client came. `rules/room_rules.ts` knows what holds for a room.
 */
import { CodedError, type ErrorCode } from "../base/errors.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { roomPattern } from "./rules/patterns.ts";
import type { RoomRules } from "./rules/room_rules.ts";
import { type RoomWithRule, type Speakers, USER_ROOMS } from "./rules/rule.ts";
import type { Identity, TokenFacts } from "../core/identity.ts";
import type { TokenVerifier } from "../auth/tokens.ts";

/** How clients prove who they are. */
export interface AccessProofs {
  /** Verifies tokens; absent where there are none. */
  readonly tokens: TokenVerifier | undefined;
  /** Whether clients are believed about who they are. */
  readonly isOpen: boolean;
}

export class RoomAccess {
  readonly #rules: RoomRules;
  readonly #proofs: AccessProofs;

  constructor(rules: RoomRules, proofs: AccessProofs) {
    this.#rules = rules;
    this.#proofs = proofs;
  }

  /** Whether some rooms are open to connections without a proof of who they are. */
  get takesGuests(): boolean {
    return !this.#proofs.isOpen && this.#rules.haveGuests;
  }

  /** Checks that someone may enter a room, and read what is kept of it. Throws `forbidden` or `unauthorized`. */
  requireEntry(identity: Identity | undefined, room: string): void {
    const rule = this.#requireOpen(identity, room);
    if (identity === undefined || !rule.isPrivate || rule.members.has(identity.user)) return;
    if (room === USER_ROOMS + identity.user) return; // also where a pattern such as `*` makes the room private
    if (identity.rooms.some((pattern) => roomPattern(pattern).test(room))) return;
    throw refused(room, "it is private, subscribe with a token for it");
  }

  /**
   * Checks that someone may enter a room by a subscription token. Resolves with what the token can be revoked by, or
   * `undefined` where nobody needs a token. Rejects with `forbidden`, or with why the token is refused.
   */
  async requireToken(
    identity: Identity | undefined,
    room: string,
    token: string,
  ): Promise<TokenFacts | undefined> {
    this.#requireOpen(identity, room);
    if (identity === undefined) return undefined;
    const { tokens } = this.#proofs;
    if (tokens !== undefined) return await tokens.subscription(token, identity, room);
    throw new CodedError(
      "invalid_token",
      "Cannot take the token: this server has no key to check it",
    );
  }

  /** Checks that nothing but a yes of the application is missing for someone to enter a room. Throws as `requireEntry` does. */
  requireOpenTo(identity: Identity | undefined, room: string): void {
    this.#requireOpen(identity, room);
  }

  /**
   * Checks that someone may be in a room who has entered it. Throws as {@linkcode RoomAccess.requireEntry} does.
   *
   * @param token by which it was entered
   */
  requireStay(identity: Identity | undefined, room: string, token: TokenFacts | undefined): void {
    if (token === undefined) this.requireEntry(identity, room);
    else this.#requireOpen(identity, room);
  }

  /** Checks that someone may say something in a room. Throws `forbidden`, `unauthorized` or `not_in_room`. */
  requireSpeech(identity: Identity | undefined, room: string, isInRoom: boolean): void {
    const { speakers } = this.#rules.of(siteOf(identity), room);
    if (!isInRoom) this.requireEntry(identity, room);
    requireOneOf(speakers, { identity, room, isInRoom, what: "say something" });
  }

  /** Checks that someone may tell those in a room of an event. Throws as {@linkcode RoomAccess.requireSpeech} does. */
  requireEvents(identity: Identity | undefined, room: string, isInRoom: boolean): void {
    const { tellers } = this.#rules.of(siteOf(identity), room);
    if (!isInRoom) this.requireEntry(identity, room);
    requireOneOf(tellers, { identity, room, isInRoom, what: "tell of events" });
  }

  /** Checks that there can be anybody in a room, for another system that has something for it. Throws `forbidden`. */
  requireOpen(site: string, room: string): void {
    const rule = this.#rules.of(site, room);
    this.#requireKnown(rule, room);
    if (rule.isClosed) throw refused(room, "no rule names it");
  }

  /** Checks that those in a room may see who is there. Throws `forbidden`. */
  requireSight(site: string, room: string): void {
    if (this.#rules.of(site, room).showsPresence) return;
    throw refused(room, "who is in it is not shown");
  }

  /** Whether it is known that nobody may enter the room. */
  isClosed(site: string, room: string): boolean {
    const { isClosed, isUnknown = false } = this.#rules.of(site, room);
    return isClosed && !isUnknown;
  }

  /** How many clients may be in a room; absent: any number. */
  maxClients(site: string, room: string): number | undefined {
    return this.#rules.of(site, room).maxClients;
  }

  /**
   * Checks that it is known what holds for a room. On an open server no room is private, so people may come in by what holds
   * for others, as long as that lets them: who may not be there after all is put out once it is known.
   */
  #requireKnown(rule: RoomWithRule, room: string): void {
    if (rule.isUnknown && (rule.isClosed || !this.#proofs.isOpen)) throw unknownYet(room);
  }

  /** Checks what neither a subscription token nor the application can open. */
  #requireOpen(identity: Identity | undefined, room: string): RoomWithRule {
    const rule = this.#rules.of(siteOf(identity), room);
    if (
      identity !== undefined && room.startsWith(USER_ROOMS) && room !== USER_ROOMS + identity.user
    ) {
      throw refused(room, "it belongs to another user");
    }
    this.#requireKnown(rule, room);
    if (rule.isClosed) throw refused(room, "no rule names it");
    if (identity?.isGuest && rule.needsToken) {
      throw refused(room, "it needs a token, connect with one", "unauthorized");
    }
    return rule;
  }
}

/** Nobody but those who prove who they are are of another site than the default one. */
function siteOf(identity: Identity | undefined): string {
  return identity?.site ?? DEFAULT_SITE;
}

/** Checks that someone who may enter a room is one of those who may bring something into it. */
function requireOneOf(
  speakers: Speakers,
  { identity, room, isInRoom, what }: {
    identity: Identity | undefined;
    room: string;
    isInRoom: boolean;
    what: string;
  },
): void {
  switch (speakers) {
    case "anyone":
      return;
    case "members":
      if (isInRoom) return;
      throw refused(room, `only who is in it may ${what} there`, "not_in_room");
    case "server":
      throw refused(room, `no client may ${what} there`);
    default:
      if (identity !== undefined && speakers.has(identity.user)) return;
      throw refused(room, `this user may not ${what} there`);
  }
}

function unknownYet(room: string): CodedError {
  return new CodedError(
    "unavailable",
    `Cannot use room ${JSON.stringify(room)} right now: the rules of rooms cannot be read`,
    { isAway: true },
  );
}

function refused(room: string, why: string, code: ErrorCode = "forbidden"): CodedError {
  return new CodedError(code, `Cannot use room ${JSON.stringify(room)}: ${why}`, {
    field: "room",
  });
}
