/** What a flood of frames costs others: the longest that a client and a caller of the API waited meanwhile. */
import { FLOOD_KINDS, type FloodFigures, type FloodKind, type FloodLoad } from "../loads/flood.ts";
import type { WaiterFigures, WaiterLoad } from "../loads/waiter.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { runLoad } from "../run_load.ts";
import { type ListenerName, startNotifyli } from "../servers.ts";

const LISTENERS: readonly ListenerName[] = ["deno", "node"];
const SOCKETS = [1, 100];
const MOST_MS = 100;

/** The waiter is there before the flood, and after it. */
const FLOOD_SECONDS = 2;
const WAITER_SECONDS = 4;

/** A server as it is by default: the limits of frames are what is asked about. */
const ENV = { APP_RATE_MESSAGES: "", APP_RATE_MESSAGES_USER: "" };

interface Seen extends WaiterFigures, FloodFigures {
  readonly listener: ListenerName;
  readonly kind: FloodKind;
  readonly sockets: number;
}

export const floods: Row = {
  name: "floods",
  question: "A flood of frames of each kind, without a token: the longest that others wait",
  async measure(bench) {
    const seen: Seen[] = [];
    for (const listener of LISTENERS) {
      for (const sockets of SOCKETS) {
        for (const kind of FLOOD_KINDS) seen.push(await once(bench, { listener, sockets, kind }));
      }
    }
    return {
      checks: LISTENERS.flatMap((listener) =>
        SOCKETS.map((sockets) => ({
          what: `${listener} listener, ${sockets} socket${sockets > 1 ? "s" : ""}`,
          value: longest(seen.filter((of) => of.listener === listener && of.sockets === sockets)),
          target: MOST_MS,
          is: "at most" as const,
          unit: "ms",
        }))
      ),
      details: seen.map((of) => ({
        "server": `${of.listener} listener`,
        "flood": `${of.kind}, ${of.sockets} sockets`,
        "median ms": digits(of.medianMs),
        "longest ms": digits(of.longestMs),
        "longest by HTTP, ms": digits(of.longestHttpMs),
        "ended by the server": `${of.ended} of ${of.sockets}`,
      })),
      notes: [
        "The flood has the lowest priority: elsewhere, it would take nothing of this machine.",
      ],
    };
  },
};

async function once(
  bench: Bench,
  what: Pick<Seen, "listener" | "sockets" | "kind">,
): Promise<Seen> {
  const { listener, sockets, kind } = what;
  await using server = await startNotifyli({ listener, env: ENV });
  const port = server.ports[0]!;
  const { key } = server;
  const waiting = runLoad<WaiterLoad, WaiterFigures>("waiter", {
    port,
    key,
    seconds: WAITER_SECONDS,
  });
  const load: FloodLoad = { port, kind, sockets, seconds: FLOOD_SECONDS };
  const flooded = await runLoad<FloodLoad, FloodFigures>("flood", load, { isNice: true });
  const seen = { ...what, ...await waiting, ...flooded };
  bench.progress(`${listener} listener, ${sockets} × ${kind}: ${digits(longest([seen]))} ms`);
  return seen;
}

function longest(seen: readonly WaiterFigures[]): number {
  return Math.max(...seen.flatMap(({ longestMs, longestHttpMs }) => [longestMs, longestHttpMs]));
}
