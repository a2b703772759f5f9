/** What it costs to trace, and that each request has an id where nothing is traced. */
import { nextId } from "../../../lib/base/ids.ts";
import { inRequest, requestId } from "../../../lib/base/request_id.ts";
import { Comparison, type Contender } from "../comparison.ts";
import { notifyli, type Shape } from "../contenders.ts";
import { nanosecondsOf } from "../nanoseconds.ts";
import { besideEachOther, noneRefused, type Side, sideDetail } from "../notifications.ts";
import type { Row } from "../row.ts";
import { type ListenerName, startNotifyli } from "../servers.ts";

const FIELDS = { message: "Your order has shipped.", room: "orders" };
const LISTENERS: readonly ListenerName[] = ["deno", "node"];

/** Each message is one command, and comes to five. */
const SHAPE: Shape = { clients: 1000, roomSize: 5, window: 200, everyoneTalks: true };

export const tracing: Row = {
  name: "tracing",
  question: "A notification and a message in a room, traced, beside those that are not",
  async measure(bench) {
    await using collector = startCollector();
    const { env } = collector;
    const sides: readonly Side[] = [
      { name: "a notification, not traced", fields: FIELDS },
      { name: "a notification, traced", fields: FIELDS, env },
    ];
    const all = [];
    for (const listener of LISTENERS) {
      const seen = await besideEachOther(bench, { listener, store: "embedded" }, sides);
      all.push({ listener, seen });
    }
    const plain = notifyli("deno", "v2", SHAPE);
    const traced: Contender = {
      ...plain,
      name: `${plain.name}, traced`,
      start: () => startNotifyli({ listener: "deno", env }),
    };
    const rooms = await Comparison.make(bench, [plain, traced]);
    if (!collector.isUsed) throw new Error("No span came to the collector");
    const idNs = nanosecondsOf(() => inRequest(nextId(), requestId));
    return {
      checks: [
        ...all.map(({ listener, seen: [without] }) => ({
          what: `${listener} listener: ids of requests, of the CPU for a notification`,
          value: 100 * idNs / 1000 / without!.figures.cpuEach,
          ...{ target: 1, is: "at most" as const, unit: "%" },
        })),
        ...all.map(({ listener, seen }) => ({
          what: `${listener} listener: server CPU for a notification, traced, to not`,
          value: seen[1]!.cpuRatio,
          ...{ target: 3, is: "at most" as const },
        })),
        {
          what: "deno listener: server CPU for a message in a room, traced, to not",
          value: rooms.cpuRatio(traced, plain),
          ...{ target: 4, is: "at most" as const },
        },
        noneRefused(all.flatMap(({ seen }) => seen)),
      ],
      details: all.flatMap(({ listener, seen }) =>
        seen.map((each) => sideDetail(`${listener} listener`, each))
      ),
      notes: [],
    };
  },
};

interface Collector extends AsyncDisposable {
  /** Settings for a server that sends to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly isUsed: boolean;
}

/** Takes all spans, and keeps none. */
function startCollector(): Collector {
  let isUsed = false;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      await request.arrayBuffer();
      isUsed ||= request.url.endsWith("/v1/traces");
      return new Response(null, { headers: { "Content-Type": "application/x-protobuf" } });
    },
  );
  return {
    env: {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "bench",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    },
    get isUsed() {
      return isUsed;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
