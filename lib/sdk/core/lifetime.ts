/** What ends a subscription by itself: a signal, or an element that leaves the page (`page_elements.ts`). */
import { type PageElement, requireElement, watchElement } from "./page_elements.ts";

export interface Lifetime {
  /** Ends the subscription when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the subscription when this element has left the page, also from within shadow roots. An element that is moved within
   * one task has not left; one that is not in the page yet is waited for.
   */
  readonly element?: PageElement | undefined;
}

/** @throws {TypeError} where `element` is given and is none, or there is no page */
export function requireLifetime({ element }: Lifetime): void {
  if (element !== undefined) requireElement(element);
}

/**
 * Calls `end` when the lifetime is over: at once where it is already.
 *
 * @returns stops watching, so that nothing of the subscription is kept
 */
export function watchLifetime({ signal, element }: Lifetime, end: () => void): () => void {
  if (signal?.aborted) {
    end();
    return () => {};
  }
  signal?.addEventListener("abort", end);
  const unwatch = element === undefined ? () => {} : watchElement(element, end);
  return () => {
    signal?.removeEventListener("abort", end);
    unwatch();
  };
}
