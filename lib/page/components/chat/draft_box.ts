/**
 * What is being written in one place. It is kept on its own, since each key changes it and only the composer shows it;
 * the store gets it after a pause, and when the place is left.
 */
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { type Draft, NO_DRAFT } from "../../state/drafts.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { wordsOfKind } from "./words.ts";

const PAUSE_MS = 500;

export class DraftBox {
  #draft: Draft;
  readonly #keep: (draft: Draft) => void;
  readonly #listeners = new Set<() => void>();
  #timer: number | undefined;
  /** Wants the focus in the composer. */
  onFocus = () => {};

  constructor(draft: Draft, keep: (draft: Draft) => void) {
    this.#draft = draft;
    this.#keep = keep;
  }

  get draft(): Draft {
    return this.#draft;
  }

  write(draft: Draft): void {
    this.#draft = draft;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), PAUSE_MS);
    for (const listener of this.#listeners) listener();
  }

  /** Answers a message: what is written already stays. */
  reply({ id, name, text, kind, file }: ShownMessage): void {
    const { editing, ...rest } = this.#draft;
    const begun = editing === undefined ? rest : NO_DRAFT;
    this.write({ ...begun, replyTo: { id, name, text: wordsOfKind({ kind, text, file }) } });
    this.onFocus();
  }

  edit({ id, text }: ShownMessage): void {
    this.write({ text, editing: { id, text } });
    this.onFocus();
  }

  /** Ends answering or editing. Returns whether there was anything to end. */
  release(): boolean {
    const { replyTo, editing, ...rest } = this.#draft;
    if (editing !== undefined) this.write(NO_DRAFT);
    else if (replyTo !== undefined) this.write(rest);
    return editing !== undefined || replyTo !== undefined;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  keep(): void {
    clearTimeout(this.#timer);
    this.#keep(this.#draft);
  }
}

/** @param name as in `state/drafts.ts` */
export function useDraftBox(name: string, draft: Draft | undefined): DraftBox {
  const { session } = usePage();
  const box = useMemo(
    () => new DraftBox(draft ?? NO_DRAFT, (changed) => session.keepDraft(name, changed)),
    [name],
  );
  useEffect(() => {
    const keep = () => box.keep();
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
    };
  }, [box]);
  return box;
}

export function useDraft(box: DraftBox): Draft {
  const [draft, setDraft] = useState(box.draft);
  // Before the first key: a drawing that does not know of it would take it out of the field.
  useLayoutEffect(() => {
    setDraft(box.draft);
    return box.subscribe(() => setDraft(box.draft));
  }, [box]);
  return draft;
}
