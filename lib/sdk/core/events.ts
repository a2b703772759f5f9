/** Typed events: who listens to what, and what happens when a listener throws. */
import { NotifyliError } from "./errors.ts";

export type Handler<T> = (value: T) => void;

export class Emitter<Events> {
  readonly #handlers = new Map<keyof Events, Set<Handler<never>>>();
  readonly #onFailure: (error: NotifyliError) => void;

  /** @param onFailure gets what a handler threw, wrapped; no other handler notices */
  constructor(onFailure: (error: NotifyliError) => void) {
    this.#onFailure = onFailure;
  }

  /** Calls `handler` at each `event`, until the function it returns is called. */
  on<E extends keyof Events>(event: E, handler: Handler<Events[E]>): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  hasHandler(event: keyof Events): boolean {
    return (this.#handlers.get(event)?.size ?? 0) > 0;
  }

  /** Calls the handlers of `event`. Returns whether there was one. */
  emit<E extends keyof Events>(event: E, value: Events[E]): boolean {
    const handlers = [...this.#handlers.get(event) ?? []] as Handler<Events[E]>[];
    for (const handler of handlers) {
      try {
        handler(value);
      } catch (cause) {
        const message = `A handler of '${String(event)}' failed: ${cause}`;
        const error = new NotifyliError("handler_failed", message, { cause });
        // Where it was the handler of errors that failed, that one is not called again.
        if (event === "error") throwLater(error);
        else this.#onFailure(error);
      }
    }
    return handlers.length > 0;
  }
}

/** Shows an error as an uncaught one, and goes on. */
export function throwLater(error: NotifyliError): void {
  queueMicrotask(() => {
    throw error;
  });
}
