/** What a client may ask of conversations; `core/frames.ts` has all other commands. */
import type { Position } from "../core/types.ts";
import type { MemberRole } from "./types.ts";

type Id = number | string;

export type ChatCommand =
  | {
    type: "conversations";
    limit?: number;
    cursor?: string;
    archived?: boolean;
    since?: string;
  }
  | { type: "conversation"; conversation: number }
  | { type: "conversation"; kind: "private"; members: readonly Id[] }
  | ({ type: "conversation"; kind: "group"; id: string } & GroupFields)
  | ({ type: "conversation"; conversation: number } & ConversationChanges)
  | { type: "members"; conversation: number; cursor?: string; limit?: number }
  | MessageCommand
  | { type: "edit"; message: number; text?: string; data?: unknown }
  | { type: "unsend" | "receipts"; message: number }
  | { type: "react"; message: number; emoji: string; on?: false }
  | {
    type: "messages";
    conversation: number;
    before?: number;
    after?: number;
    around?: number;
    since?: Position;
    limit?: number;
  }
  | {
    type: "files";
    conversation: number;
    kind?: "image" | "file";
    limit?: number;
    cursor?: string;
  }
  | { type: "seen"; conversation: number; offset: number; state?: "delivered" }
  | { type: "typing"; conversation: number; typing?: false }
  | { type: "search"; q: string; conversation?: number; limit?: number; cursor?: string }
  | { type: "contacts"; limit?: number; cursor?: string }
  | { type: "contact"; user_id: Id; name?: string; blocked?: boolean; remove?: true }
  | { type: "presence"; user_ids: readonly Id[] }
  | { type: "away"; away: boolean }
  | { type: "privacy"; read_receipts?: boolean; show_online?: boolean; show_last_seen?: boolean };

export interface MessageCommand {
  readonly type: "message";
  readonly conversation: number;
  readonly text?: string;
  readonly kind?: "text" | "image" | "file";
  readonly file?: string;
  readonly data?: unknown;
  readonly reply_to?: number;
  readonly mentions?: readonly Id[];
  /** The sender's own id. */
  readonly id: string;
}

interface GroupFields {
  readonly name: string;
  readonly members: readonly Id[];
  readonly picture?: string;
  readonly data?: unknown;
  readonly history?: "joined" | "all";
}

export interface ConversationChanges {
  readonly name?: string;
  readonly picture?: string | null;
  readonly data?: unknown;
  readonly muted?: boolean;
  readonly muted_until?: number;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly add?: readonly Id[];
  readonly remove?: readonly Id[];
  readonly roles?: Readonly<Record<string, MemberRole>>;
  readonly leave?: true;
}
