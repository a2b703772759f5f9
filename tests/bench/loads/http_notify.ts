/**
 * Load for the HTTP API: sends notifications on kept-alive connections, each with one in flight, and counts what was
 * accepted. A process of its own. Takes {@linkcode HttpLoad} as JSON, prints {@linkcode HttpFigures}.
 *
 * In slices, it prints a line once it has warmed the server up, and then an {@linkcode HttpSlice} for each byte that it reads,
 * until there are no more: so that several servers can be measured second by second in turn.
 */
import { cpuSeconds, percentile } from "./figures.ts";
import { TcpSocket, wait, waitUntil } from "./sockets.ts";

export interface HttpLoad {
  readonly port: number;
  readonly pids: readonly number[];
  /** Key to the API. */
  readonly apiKey: string;
  readonly connections: number;
  /** Of the whole, or of a slice. */
  readonly seconds: number;
  readonly isSliced?: boolean;
  /** Users from 1 on who get them in turn; by default, it is user 123 alone. */
  readonly users?: number;
  /** What each says, as JSON; by default, it is a plain text. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface HttpSlice {
  readonly acceptedPerSecond: number;
  /** Of the server's processes, in microseconds. */
  readonly cpuEach: number;
}

export interface HttpFigures extends HttpSlice {
  /** Answers other than 201. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly generatorCpu: number;
}

/** A connection, and whether it was answered. */
interface Caller {
  readonly isOpen: boolean;
  readonly isFree: boolean;
  ask(): void;
}

const WARM_UP_MS = 1000;
const LATE_MS = 5000;
const HEAD_END = "\r\n\r\n";
const decoder = new TextDecoder("latin1");

const load: HttpLoad = JSON.parse(Deno.args[0] ?? "");
const [type, body] = load.fields === undefined
  ? ["text/plain", "Your order has shipped, and will be with you on Thursday."]
  : ["application/json", JSON.stringify(load.fields)];
const users = load.users === undefined
  ? [123]
  : Array.from({ length: load.users }, (_, index) => index + 1);
const requests = users.map(requestTo);
let [sent, accepted, refused] = [0, 0, 0];
let [isSending, isMeasuring] = [false, false];
const latencies: number[] = [];
const total = { seconds: 0, accepted: 0, cpu: 0, own: 0 };
let open = Array.from({ length: load.connections }, connect);

run(WARM_UP_MS);
if (load.isSliced) {
  arrive();
  console.log();
  const byte = new Uint8Array(1);
  while (Deno.stdin.readSync(byte) !== null) {
    const seen = slice();
    arrive(); // all is quiet before another server has its turn
    console.log(JSON.stringify(seen));
  }
} else {
  slice();
}

const figures: HttpFigures = {
  ...perSecond(total),
  refused,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  generatorCpu: total.own / total.seconds,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

/** Runs the load for its time, and counts. */
function slice(): HttpSlice {
  wait(0); // a server ends connections that were silent while others had their turns
  open = open.map((caller) => caller.isOpen ? caller : connect());
  const before = {
    at: performance.now(),
    accepted,
    cpu: cpuSeconds(load.pids),
    own: cpuSeconds([Deno.pid]),
  };
  isMeasuring = true;
  run(load.seconds * 1000);
  isMeasuring = false;
  const these = {
    seconds: (performance.now() - before.at) / 1000,
    accepted: accepted - before.accepted,
    cpu: cpuSeconds(load.pids) - before.cpu,
    own: cpuSeconds([Deno.pid]) - before.own,
  };
  for (const name of ["seconds", "accepted", "cpu", "own"] as const) total[name] += these[name];
  return perSecond(these);
}

function perSecond({ seconds, accepted, cpu }: typeof total): HttpSlice {
  return { acceptedPerSecond: Math.round(accepted / seconds), cpuEach: cpu * 1e6 / accepted };
}

function run(ms: number): void {
  const endsAt = performance.now() + ms;
  isSending = true;
  for (const caller of open) if (caller.isFree) caller.ask();
  while (performance.now() < endsAt && open.some(({ isOpen }) => isOpen)) wait(1);
  isSending = false;
}

/** Waits for the answers that are on their way. */
function arrive(): void {
  if (waitUntil(() => open.every(({ isFree }) => isFree), LATE_MS)) return;
  throw new Error("The server does not answer");
}

function requestTo(user: number): Uint8Array {
  const lines = [
    `POST /api/users/${user}/notifications HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: Bearer ${load.apiKey}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
  ];
  return new TextEncoder().encode(lines.join("\r\n") + HEAD_END + body);
}

/** Opens a connection that asks again as soon as it was answered, while there is something to send. */
function connect(): Caller {
  let askedAt = performance.now();
  let isFree = true;
  const socket = new TcpSocket(load.port, (buffer, end) => {
    const text = decoder.decode(buffer.subarray(0, end));
    const headLength = text.indexOf(HEAD_END);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (headLength === -1 || end < headLength + HEAD_END.length + length) return 0;
    if (text.startsWith("HTTP/1.1 201")) accepted++;
    else refused++;
    if (isMeasuring) latencies.push(performance.now() - askedAt);
    isFree = true;
    if (isSending) ask();
    return end;
  });
  const ask = () => {
    isFree = false;
    askedAt = performance.now();
    socket.send(requests[sent++ % requests.length]!);
  };
  return {
    get isOpen() {
      return socket.isOpen;
    },
    get isFree() {
      return isFree;
    },
    ask,
  };
}
