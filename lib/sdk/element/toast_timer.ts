/** Takes toasts down after a time, which stands still while somebody points at one or has the focus in it. */

/** The style has the same time for the line below a toast. */
const TOAST_MS = 6_000;

/** How often it is looked for those whose time is over. */
const TICK_MS = 200;

/** What goes by itself. */
const TIMED = "[data-timed]:not([data-timed='']), [data-notice]";

export class ToastTimer {
  readonly #left = new Map<Element, number>();
  readonly #over: (toast: HTMLElement) => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param over is called with each toast whose time is over */
  constructor(over: (toast: HTMLElement) => void) {
    this.#over = over;
  }

  /** Watches the toasts that are there, and no others any more. */
  watch(root: ParentNode): void {
    const toasts = [...root.querySelectorAll<HTMLElement>(TIMED)];
    for (const toast of this.#left.keys()) {
      if (!toasts.includes(toast as HTMLElement)) this.#left.delete(toast);
    }
    for (const toast of toasts) {
      if (!this.#left.has(toast)) this.#left.set(toast, TOAST_MS);
    }
    if (toasts.length === 0) this.stop();
    else this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#left.clear();
  }

  #tick(): void {
    for (const [toast, left] of [...this.#left]) {
      if (document.hidden || toast.matches(":hover, :focus-within")) continue;
      this.#left.set(toast, left - TICK_MS);
      if (left > TICK_MS) continue;
      this.#left.delete(toast);
      this.#over(toast as HTMLElement);
    }
  }
}
