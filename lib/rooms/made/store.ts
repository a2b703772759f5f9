/** What a store keeps of rooms that are made while the server runs, what nodes are told of them, and what the store does. */
import type { UserId } from "../../base/fields.ts";
import type { RuleFields } from "../rules/rule_fields.ts";

/** The fields of a rule as they were given. */
export type MadeFields = Omit<RuleFields, "pattern">;

/** What names a made room: there is never a second one with the same key. */
export interface MadeKey {
  readonly site: string;
  /** A room's name, in which `*` stands for any text. */
  readonly pattern: string;
}

export interface MadeRoom extends MadeKey {
  readonly fields: MadeFields;
  /** When it was made, in milliseconds of Unix time. */
  readonly madeAt: number;
  /** When it was changed last, in milliseconds of Unix time: it rises with each change. */
  readonly at: number;
}

/** A change of which every node is told. */
export type MadeChange =
  | { readonly type: "made"; readonly room: MadeRoom }
  | { readonly type: "deleted"; readonly key: MadeKey; readonly at: number }
  /** Takes a user's connections out of a room, into which they may come back. Nothing is stored of it. */
  | { readonly type: "out"; readonly site: string; readonly room: string; readonly user: UserId };

/** Takes a change on this node. The same change may come twice, but for one of the type `out`. */
export type OnMadeChange = (change: MadeChange) => void;

export interface PutOptions {
  /** How many rooms of a site are kept; `Infinity` for any number. */
  readonly most: number;
  /** The room is changed only where its last change is this one. */
  readonly ifAt?: number;
}

/** What became of a room that was to be put: it was made or changed, the site has too many, or it is another by now. */
export type PutResult =
  | { readonly result: "made" | "changed"; readonly room: MadeRoom }
  | { readonly result: "full" | "outdated" };

/** The made rooms of all sites. Each call resolves when this node was told of the change, and it was sent to all others. */
export interface MadeRoomStore {
  /** Stores a room in the place of the one with its key and tells all nodes, in one step. */
  put(key: MadeKey, fields: MadeFields, options: PutOptions): Promise<PutResult>;
  /** Forgets a room and tells all nodes, in one step. Says whether there was one. */
  delete(key: MadeKey): Promise<boolean>;
  /** All rooms of all sites. */
  list(): Promise<MadeRoom[]>;
  /**
   * Stores rooms that this node knows and the store has lost, and tells all nodes. What was said later counts, also where it
   * was that a room is deleted.
   */
  restore(known: readonly MadeRoom[]): Promise<void>;
  /** Tells all nodes, this one too, to take the user's connections out of the room. */
  putOut(site: string, room: string, user: UserId): Promise<void>;
}
