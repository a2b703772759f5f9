/**
 * Load of files: requests on kept-alive connections, each with one in flight, until all are answered. A body of any length is sent
 * and received without being kept. A process of its own. Takes {@linkcode TransferLoad} as JSON, prints
 * {@linkcode TransferFigures}.
 */
import { cpuSeconds } from "./figures.ts";
import { TcpSocket, wait } from "./sockets.ts";

export interface TransferLoad {
  readonly port: number;
  readonly pids: readonly number[];
  readonly connections: number;
  readonly method: "GET" | "POST" | "PUT";
  /** A file with a JSON array of what each request asks for: a command line is no place for thousands. */
  readonly paths: string;
  /** Whole lines, without their ends. */
  readonly headers: readonly string[];
  /** Bytes that each request brings. */
  readonly bytes: number;
}

export interface TransferFigures {
  readonly seconds: number;
  /** Of the server's processes. */
  readonly cpuSeconds: number;
  /** Bytes of all bodies, in both directions. */
  readonly bytes: number;
  /** Answers other than 200 and 201. */
  readonly refused: number;
  /** The answers' bodies, where requests bring something: what became of it. */
  readonly answers: readonly string[];
  readonly generatorCpu: number;
}

/** Bytes that are given to the system at once. */
const PIECE_BYTES = 1 << 20;
const HEAD_END = "\r\n\r\n";
const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

const load: TransferLoad = JSON.parse(Deno.args[0] ?? "");
const paths: readonly string[] = JSON.parse(Deno.readTextFileSync(load.paths));
const piece = crypto.getRandomValues(new Uint8Array(65_536));
const pieceBytes = new Uint8Array(PIECE_BYTES);
for (let at = 0; at < PIECE_BYTES; at += piece.length) pieceBytes.set(piece, at);
let [next, answered, refused, bytes] = [0, 0, 0, 0];
const answers: string[] = [];

const before = {
  at: performance.now(),
  cpu: cpuSeconds(load.pids),
  own: cpuSeconds([Deno.pid]),
};
const open = Array.from({ length: load.connections }, connect);
while (answered < paths.length && open.every(({ isOpen }) => isOpen)) wait(1);
if (answered < paths.length) throw new Error("The server ended a connection");
const seconds = (performance.now() - before.at) / 1000;
const figures: TransferFigures = {
  seconds,
  cpuSeconds: cpuSeconds(load.pids) - before.cpu,
  ...{ bytes, refused, answers },
  generatorCpu: (cpuSeconds([Deno.pid]) - before.own) / seconds,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

/** Opens a connection that asks again as soon as it was answered. */
function connect(): TcpSocket {
  /** Bytes of the answer's body that are still to come; `undefined` before its head is there. */
  let left: number | undefined;
  const socket = new TcpSocket(load.port, (buffer, end) => {
    let at = 0;
    if (left === undefined) {
      const head = decoder.decode(buffer.subarray(0, Math.min(end, 4096)));
      const headLength = head.indexOf(HEAD_END);
      if (headLength === -1) return 0;
      at = headLength + HEAD_END.length;
      left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      const isText = load.bytes > 0;
      if (isText && end < at + left) return left = undefined, 0;
      if (isText) answers.push(decoder.decode(buffer.subarray(at, at + left)));
      if (!/^HTTP\/1.1 20[01]/.test(head)) refused++;
    }
    bytes += end - at;
    left -= end - at;
    if (left > 0) return end;
    left = undefined;
    answered++;
    ask(socket);
    return end;
  });
  ask(socket);
  return socket;
}

function ask(socket: TcpSocket): void {
  const path = paths[next++];
  if (path === undefined) return;
  const lines = [
    `${load.method} ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    ...load.headers,
    ...(load.bytes > 0 ? [`Content-Length: ${load.bytes}`] : []),
  ];
  socket.send(encoder.encode(lines.join("\r\n") + HEAD_END));
  for (let left = load.bytes; left > 0; left -= PIECE_BYTES) {
    socket.send(left < PIECE_BYTES ? pieceBytes.subarray(0, left) : pieceBytes);
  }
  bytes += load.bytes;
}
