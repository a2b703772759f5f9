/** What holds for rooms: the rules of the file, and of those that are made while the server runs. `room_rules.ts` finds them. */
import type { UserId } from "../../base/fields.ts";
import type { HistoryOptions } from "../../core/publication.ts";

/** Who may bring something into a room: who may enter, who is in it, no client at all, or these users. */
export type Speakers = "anyone" | "members" | "server" | ReadonlySet<UserId>;

export interface RoomRule {
  /** Whether nobody may enter. */
  readonly isClosed: boolean;
  /** Whether guests, who have no token, stay outside. */
  readonly needsToken: boolean;
  /** Whether one enters only by a subscription token, by a grant, or as one of the members. */
  readonly isPrivate: boolean;
  readonly members: ReadonlySet<UserId>;
  /** Most clients, on all nodes together; absent: any number. */
  readonly maxClients?: number;
  /** Who may say something. */
  readonly speakers: Speakers;
  /** Who may tell the others of an event, as `speakers` says who may say something. */
  readonly tellers: Speakers;
  /** Whether clients may see who is there. */
  readonly showsPresence: boolean;
  /** Up to how many users clients are told their names; of more they are told how many there are. */
  readonly maxPresence: number;
  /** How much is kept; absent: as `APP_HISTORY` says. */
  readonly history?: HistoryOptions;
}

export interface NamedRule extends RoomRule {
  /** A room's name, in which `*` stands for any text. */
  readonly pattern: string;
}

export interface RoomRuleSet {
  /** The rules in their order: the first one that matches counts. */
  readonly rules: readonly NamedRule[];
  /** What holds for rooms that no rule names. */
  readonly unknown: RoomRule;
}

/** What holds for one room. */
export interface RoomWithRule extends RoomRule {
  /** The pattern of the rule; absent where no rule names the room. */
  readonly pattern?: string;
  /** Whether nobody knows what holds for the room, since the rules that were made cannot be read. */
  readonly isUnknown?: boolean;
  readonly history: HistoryOptions;
}

/** Names for this many cost little: each of them is told of each other one. */
export const MAX_PRESENCE = 500;

/** The rule of a room that everyone may use; where tokens are configured, everyone who has one. */
export const PUBLIC: RoomRule = {
  isClosed: false,
  needsToken: true,
  isPrivate: false,
  members: new Set(),
  speakers: "anyone",
  tellers: "members",
  showsPresence: true,
  maxPresence: MAX_PRESENCE,
};

/** Stands before a user's id in the name of the user's own room, into which nobody else ever comes. */
export const USER_ROOMS = "/user/";
