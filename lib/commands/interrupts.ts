/** Lets Ctrl-C end what takes long, so that it leaves nothing behind. */

/** The exit code of what Ctrl-C ends. */
export const INTERRUPTED = 130;

export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("ended by Ctrl-C");
  }
}

/** Runs something with a signal that Ctrl-C aborts, by an {@linkcode Interrupted}. After that, Ctrl-C ends the program as ever. */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Interrupted());
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    return await run(stop.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}
