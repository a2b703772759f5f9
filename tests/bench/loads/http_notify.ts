/**
 * Load for the HTTP API: sends notifications on kept-alive connections, each with one in flight, and counts what was
 * accepted. A process of its own. Takes {@linkcode HttpLoad} as JSON, prints {@linkcode HttpFigures}.
 */
import { cpuSeconds, percentile } from "./figures.ts";
import { TcpSocket, wait } from "./sockets.ts";

export interface HttpLoad {
  readonly port: number;
  readonly pids: readonly number[];
  /** Key to the API. */
  readonly apiKey: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface HttpFigures {
  readonly acceptedPerSecond: number;
  /** Answers other than 201. */
  readonly refused: number;
  readonly cpuEach: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly generatorCpu: number;
}

const WARM_UP_MS = 1000;
const HEAD_END = "\r\n\r\n";
const decoder = new TextDecoder("latin1");

const load: HttpLoad = JSON.parse(Deno.args[0] ?? "");
const body = "Your order has shipped, and will be with you on Thursday.";
const request = new TextEncoder().encode(
  [
    "POST /api/users/123/notifications HTTP/1.1",
    "Host: 127.0.0.1",
    `Authorization: Bearer ${load.apiKey}`,
    "Content-Type: text/plain",
    `Content-Length: ${body.length}`,
  ].join("\r\n") + HEAD_END + body,
);
let [accepted, refused] = [0, 0];
let measuring = false;
const latencies: number[] = [];
const open = Array.from({ length: load.connections }, connect);

run(WARM_UP_MS);
measuring = true;
const before = {
  at: performance.now(),
  accepted,
  cpu: cpuSeconds(load.pids),
  own: cpuSeconds([Deno.pid]),
};
run(load.seconds * 1000);
const seconds = (performance.now() - before.at) / 1000;
const count = accepted - before.accepted;

const figures: HttpFigures = {
  acceptedPerSecond: Math.round(count / seconds),
  refused,
  cpuEach: (cpuSeconds(load.pids) - before.cpu) * 1e6 / count,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  generatorCpu: (cpuSeconds([Deno.pid]) - before.own) / seconds,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

/** Opens a connection that asks again as soon as it was answered. */
function connect(): TcpSocket {
  let askedAt = performance.now();
  const socket = new TcpSocket(load.port, (buffer, end) => {
    const text = decoder.decode(buffer.subarray(0, end));
    const headLength = text.indexOf(HEAD_END);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (headLength === -1 || end < headLength + HEAD_END.length + length) return 0;
    if (text.startsWith("HTTP/1.1 201")) accepted++;
    else refused++;
    if (measuring) latencies.push(performance.now() - askedAt);
    askedAt = performance.now();
    socket.send(request);
    return end;
  });
  socket.send(request);
  return socket;
}

function run(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt && open.some(({ isOpen }) => isOpen)) wait(1);
}
