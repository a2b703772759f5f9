/**
 * Load for topics: clients of one connection each, some of which watch one contact each, and programs that publish what has changed, by
 * HTTP on kept-alive connections with one event in flight each. A process of its own. Takes {@linkcode TopicsLoad} as JSON,
 * prints {@linkcode TopicsFigures}.
 */
import { tokenFor } from "./dialects.ts";
import { cpuSeconds } from "./figures.ts";
import { TcpSocket, wait, waitUntil } from "./sockets.ts";
import { LoadSocket } from "./web_socket.ts";

export interface TopicsLoad {
  readonly port: number;
  readonly pids: readonly number[];
  readonly key: string;
  /** Key to the API. */
  readonly apiKey: string;
  readonly clients: number;
  /** So many of the clients subscribe; the others are connected. */
  readonly watching: number;
  /** Connections that publish. */
  readonly publishers: number;
  readonly seconds: number;
}

export interface TopicsFigures {
  readonly publishedPerSecond: number;
  readonly cpuEach: number;
  /** Events that came to nobody. */
  readonly lost: number;
  /** Frames that say how far the topic is, for each event. */
  readonly positionsEach: number;
  readonly generatorCpu: number;
}

const TOPIC = "Contact_Updated_Topic";
const OPENING = 100;
const WARM_UP_MS = 2000;
const SETTLE_MS = 3000;
const HEAD_END = "\r\n\r\n";
const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

const load: TopicsLoad = JSON.parse(Deno.args[0] ?? "");
let [opening, settled, published, delivered, positions] = [0, 0, 0, 0, 0];
/** The contact that changes next. */
let next = 0;
let isPublishing = true;
let failure: string | undefined;

const clients = Array.from({ length: load.clients }, (_, index) => {
  waitUntil(() => opening < OPENING || failure !== undefined, 60_000);
  opening++;
  return subscribe(index);
});
waitUntil(() => settled === clients.length || failure !== undefined, 60_000);
const open = Array.from({ length: load.publishers }, publish);

run(WARM_UP_MS);
const before = {
  at: performance.now(),
  ...{ published, positions, cpu: cpuSeconds(load.pids), own: cpuSeconds([Deno.pid]) },
};
run(load.seconds * 1000);
const seconds = (performance.now() - before.at) / 1000;
const count = published - before.published;
const [cpu, own] = [cpuSeconds(load.pids) - before.cpu, cpuSeconds([Deno.pid]) - before.own];
const told = positions - before.positions;
isPublishing = false;
waitUntil(() => delivered >= published && open.length === load.publishers, SETTLE_MS);
if (failure !== undefined) throw new Error(`The server refused or closed a client: ${failure}`);

const figures: TopicsFigures = {
  publishedPerSecond: Math.round(count / seconds),
  cpuEach: cpu * 1e6 / count,
  lost: published - delivered,
  positionsEach: told / count,
  generatorCpu: own / seconds,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

/** Opens a connection, which watches one contact if it is one of the first. */
function subscribe(id: number): LoadSocket {
  const token = tokenFor(id, load.key, { topics: [TOPIC] });
  const socket = new LoadSocket({
    port: load.port,
    path: "/ws",
    headers: ["Sec-WebSocket-Protocol: notifyli.v2", `Authorization: Bearer ${token}`],
    failed: (why) => failure ??= why,
  });
  socket.onOpen = () => {
    socket.send('{"type":"connect"}');
    socket.send(JSON.stringify(
      id < load.watching
        ? { type: "subscribe", ref: 1, topic: TOPIC, filter: { id } }
        : { type: "ping", ref: 1 },
    ));
  };
  socket.onText = (buffer, start, end) => {
    for (const line of decoder.decode(buffer.subarray(start, end)).split("\n")) take(line);
  };
  return socket;
}

function take(frame: string): void {
  if (frame.includes('"type":"event"')) delivered++;
  else if (frame.startsWith('{"type":"position"')) positions++;
  else if (frame.startsWith('{"type":"reply","ref":1,"success":true')) {
    settled++;
    opening--;
  } else failure ??= frame;
}

/** Opens a connection that publishes again as soon as it was answered. */
function publish(): TcpSocket {
  const socket = new TcpSocket(load.port, (buffer, end) => {
    const text = decoder.decode(buffer.subarray(0, end));
    const headLength = text.indexOf(HEAD_END);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (headLength === -1 || end < headLength + HEAD_END.length + length) return 0;
    if (text.startsWith("HTTP/1.1 201")) published++;
    else failure ??= text;
    if (isPublishing) socket.send(nextRequest());
    return end;
  });
  socket.send(nextRequest());
  return socket;
}

/** What has changed is another contact each time. */
function nextRequest(): Uint8Array {
  const body = JSON.stringify({ data: { id: next++ % load.watching, updated_by: 3 } });
  return encoder.encode(
    [
      `POST /api/topics/${TOPIC} HTTP/1.1`,
      "Host: 127.0.0.1",
      `Authorization: Bearer ${load.apiKey}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
    ].join("\r\n") + HEAD_END + body,
  );
}

function run(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt && failure === undefined) wait(1);
}
