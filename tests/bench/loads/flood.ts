/**
 * Sockets that send as fast as the system takes it, until the server ends them or the time is over. A process of its own.
 * Takes {@linkcode FloodLoad} as JSON, prints {@linkcode FloodFigures}.
 */
import { join, OPCODES, text, wireFrame } from "../../support/wire_frame.ts";
import { rawSocket } from "../../support/raw_socket.ts";

export interface FloodLoad {
  readonly port: number;
  readonly kind: FloodKind;
  readonly sockets: number;
  readonly seconds: number;
}

export interface FloodFigures {
  /** That were written; most of them wait in the system when the server ends the connection. */
  readonly frames: number;
  /** Sockets that the server has ended. */
  readonly ended: number;
}

/** What is sent again and again. */
const FRAMES = {
  "empty texts": text(""),
  "line breaks": text("\n".repeat(1000)),
  "pongs": wireFrame({ opcode: OPCODES.pong }),
  "pings": wireFrame({ opcode: OPCODES.ping }),
  "commands": text('{"type":"ping"}'),
  "no JSON": text("x"),
  "fragments": wireFrame({ opcode: OPCODES.continuation, fin: false }),
};

export type FloodKind = keyof typeof FRAMES;

export const FLOOD_KINDS = Object.keys(FRAMES) as FloodKind[];

const VERSION_2 = "Sec-WebSocket-Protocol: notifyli.v2\r\n";

/** Bytes of one write. */
const WRITE_BYTES = 262_144;

if (import.meta.main) {
  const load: FloodLoad = JSON.parse(Deno.args[0] ?? "");
  console.log(JSON.stringify(await flood(load)));
  Deno.exit(0); // what is still being written waits for nobody
}

async function flood({ port, kind, sockets, seconds }: FloodLoad): Promise<FloodFigures> {
  const frame = FRAMES[kind];
  const count = Math.ceil(WRITE_BYTES / frame.length);
  const chunk = join(Array(count).fill(frame));
  const figures = { frames: 0, ended: 0 };
  const connections = await Promise.all(
    Array.from({ length: sockets }, () => rawSocket(port, "/ws", VERSION_2)),
  );
  const until = performance.now() + seconds * 1000;
  const over = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
  const one = async (socket: Deno.TcpConn) => {
    void socket.readable.pipeTo(new WritableStream()).catch(() => {}); // a peer that reads nothing is stopped sooner
    if (kind === "fragments") await socket.write(wireFrame({ opcode: OPCODES.text, fin: false }));
    while (performance.now() < until) {
      for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await socket.write(rest));
      figures.frames += count;
    }
  };
  const all = connections.map((each) => one(each).catch(() => void figures.ended++));
  await Promise.race([over, Promise.all(all)]);
  return figures;
}
