/** Lets Ctrl-C, or a SIGTERM, end what takes long, so that it leaves nothing behind. */

/** The exit code of what one of them ends. */
export const INTERRUPTED = 130;

export class Interrupted extends Error {
  override readonly name = "Interrupted";

  /** @param by what has ended it */
  constructor(by: string) {
    super(`ended by ${by}`);
  }
}

const SIGNALS = [["SIGINT", "Ctrl-C"], ["SIGTERM", "SIGTERM"]] as const;

/**
 * Runs something with a signal that Ctrl-C and a SIGTERM abort, by an {@linkcode Interrupted}. After that, they end the program as
 * ever.
 */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const listeners = SIGNALS.map(([signal, by]) => {
    const interrupt = () => stop.abort(new Interrupted(by));
    Deno.addSignalListener(signal, interrupt);
    return () => Deno.removeSignalListener(signal, interrupt);
  });
  try {
    return await run(stop.signal);
  } finally {
    for (const remove of listeners) remove();
  }
}
