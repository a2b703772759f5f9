/**
 * Whether somebody answers at an address: for the server itself, which may listen and yet accept nothing
 * (`accepting.ts`), and for `notifyli check --running`.
 */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * - `answers`: it wrote something, or ended the connection;
 * - `silent`: it listens, and neither accepts nor answers;
 * - `refuses`: nobody listens there;
 * - `no descriptor`: this process has none left to connect with;
 * - `unknown`: the connection could not be tried, as by a rule of the network.
 */
export type Knocked = "answers" | "silent" | "refuses" | "no descriptor" | "unknown";

export interface KnockOptions {
  /** What is asked. With TLS it is no handshake, which is answered too. */
  readonly request: string;
  /** So many ticks of a second it may take. A process that stands still for long has one tick, and time to read. */
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

/** Where one connects to reach who listens on `host`. */
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
  await Promise.race([answered(), cut]); // what loses ends with the connection
  return "answers";
}

/** Who has accepted a connection may drop it at once. */
function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
}

/** Of this process, or of the whole machine. */
function isExhausted(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    (error.code === "EMFILE" || error.code === "ENFILE");
}
