/** What is being written where, kept on this device until it is sent: a list that is never changed in place. */

export interface Draft {
  readonly text: string;
  /** The message that is answered. */
  readonly replyTo?: { readonly id: number; readonly name: string; readonly text: string };
  /** The message that is edited, and its text as it is. */
  readonly editing?: { readonly id: number; readonly text: string };
  /** Who is mentioned in the text, by name. */
  readonly mentions?: Readonly<Record<string, string>>;
}

export type Drafts = ReadonlyMap<string, Draft>;

export const NO_DRAFTS: Drafts = new Map();
export const NO_DRAFT: Draft = { text: "" };

/** More would fill the browser's storage; the oldest one goes. */
const DRAFT_LIMIT = 100;

/** The name of a conversation's draft. */
export function conversationDraft(id: number): string {
  return `chat ${id}`;
}

export function roomDraft(room: string): string {
  return `room ${room}`;
}

/** An empty draft is none. */
export function withDraft(drafts: Drafts, name: string, draft: Draft): Drafts {
  const next = new Map(drafts);
  next.delete(name);
  const isEmpty = draft.text.trim() === "" && draft.replyTo === undefined &&
    draft.editing === undefined;
  if (!isEmpty) next.set(name, draft);
  const [oldest] = next.keys();
  if (next.size > DRAFT_LIMIT && oldest !== undefined) next.delete(oldest);
  return next;
}

/** The words that the list shows of a draft: a message that is edited has been said already. */
export function draftWords(draft: Draft | undefined): string {
  return draft === undefined || draft.editing !== undefined ? "" : draft.text.trim();
}
