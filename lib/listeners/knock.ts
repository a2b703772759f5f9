/**
 * Finds out whether somebody answers at an address. The server uses it on itself, since it may listen and yet accept
 * nothing (`accepting.ts`), and so does `notifyli check --running`.
 */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * - `answers`: the other end wrote something, or ended the connection;
 * - `silent`: somebody listens, and neither accepts nor answers;
 * - `refuses`: nobody listens there;
 * - `no descriptor`: this process has none left to connect with;
 * - `unknown`: the connection could not be tried, as by a rule of the network.
 */
export type Knocked = "answers" | "silent" | "refuses" | "no descriptor" | "unknown";

interface KnockOptions {
  /** The text to send. A listener with TLS answers, too, for this is no handshake. */
  readonly request: string;
  /** How many ticks of a second an answer may take. A long standstill of this process counts as one tick. */
  readonly ticks: number;
  readonly signal?: AbortSignal;
}

const TICK_MS = 1000;

/** Connects, asks, and waits for the first byte or the end. Never rejects. */
export async function knock(address: Address, options: KnockOptions): Promise<Knocked> {
  const { request, signal } = options;
  const over = new AbortController();
  const cut = () => over.abort();
  let left = options.ticks;
  const timer = setInterval(() => --left === 0 && cut(), TICK_MS);
  signal?.addEventListener("abort", cut);
  if (signal?.aborted) cut();
  try {
    return await ask(address, request, over.signal);
  } catch (error) {
    if (left <= 0) return "silent";
    if (error instanceof Deno.errors.ConnectionRefused) return "refuses";
    if (isReset(error)) return "answers";
    return isExhausted(error) ? "no descriptor" : "unknown";
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", cut);
  }
}

/** The address at which a server that listens on `host` can be reached. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

async function ask(
  { host, port }: Address,
  request: string,
  signal: AbortSignal,
): Promise<Knocked> {
  using connection = await Deno.connect({ hostname: reachable(host), port, signal });
  const { promise: cut, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason));
  signal.throwIfAborted();
  const answered = async () => {
    await connection.write(new TextEncoder().encode(request));
    await connection.read(new Uint8Array(1));
  };
  await Promise.race([answered(), cut]); // the loser ends with the connection
  return "answers";
}

/** Whether the other end, which has accepted the connection, dropped it at once. */
function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
}

/** Whether this process, or the whole machine, has no file descriptor left. */
function isExhausted(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    (error.code === "EMFILE" || error.code === "ENFILE");
}
