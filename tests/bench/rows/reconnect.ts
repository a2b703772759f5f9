/** The worst minute of a day: the network was gone, and everyone comes back with what they missed. */
import type { ReconnectFigures, ReconnectLoad } from "../loads/reconnect.ts";
import { digits, type Row } from "../row.ts";
import { median, runLoad } from "../run_load.ts";
import { type ListenerName, startNotifyli } from "../servers.ts";

const CLIENTS = 9000;
const ROOM_SIZE = 100;
const MISSED = 10;
const LISTENERS: readonly ListenerName[] = ["deno", "node"];

export const reconnect: Row = {
  name: "reconnect",
  question: "9,000 clients reconnect at once and recover 10 messages each",
  async measure(bench) {
    const seen: (ReconnectFigures & { readonly listener: ListenerName })[] = [];
    for (const listener of LISTENERS) {
      const rounds: ReconnectFigures[] = [];
      for (let round = 1; round <= bench.rounds; round++) {
        await using server = await startNotifyli({ listener });
        const figures = await runLoad<ReconnectLoad, ReconnectFigures>("reconnect", {
          port: server.ports[0]!,
          pids: server.pids,
          key: server.key,
          clients: CLIENTS,
          roomSize: ROOM_SIZE,
          missed: MISSED,
        });
        rounds.push(figures);
        bench.progress(
          `${listener} listener: ${digits(figures.seconds)} s (round ${round} of ${bench.rounds})`,
        );
      }
      seen.push({ listener, ...median(rounds, ({ seconds }) => seconds) });
    }
    return {
      checks: seen.flatMap(({ listener, seconds, failed }) => [
        { what: `${listener} listener`, value: seconds, target: 5, is: "at most", unit: "s" },
        {
          what: `${listener} listener, clients that failed`,
          value: failed,
          target: 0,
          is: "at most",
          unit: "in all",
        },
      ]),
      details: seen.map((of) => ({
        "server": `${of.listener} listener`,
        "all back after s": digits(of.seconds),
        "server CPU µs a client": digits(of.cpuEach),
        "slowest client ms": digits(of.slowestMs),
        "failed": String(of.failed),
      })),
    };
  },
};
