/** Messages without end, on both listeners: what they cost the server, watched from outside. */
import assert from "node:assert/strict";
import { MemoryWatch } from "../support/memory.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { OPCODES, ping, wireFrame } from "../support/wire_frame.ts";
import { TestClient } from "../support/test_client.ts";
import type { ListenerName } from "./wire_case.ts";

useOwnProcesses(); // their memory is looked at

const MIB = 1_048_576;
/** A frame of zeros needs no masking by the sender. */
const ZEROS = new Uint8Array(65_536);
const MASK = new Uint8Array(4);

interface HugeCase {
  readonly name: string;
  send(socket: RawSocket): Promise<void>;
  /** How it ends, and how many MiB the server's memory may grow by meanwhile. */
  readonly expect: Readonly<Record<ListenerName, { readonly end: string; readonly mib: number }>>;
}

/** What the node listener does with all of them: it says 1009 and takes hardly more. */
const NODE = { end: "close 1009", mib: 32 };

const CASES: readonly HugeCase[] = [
  {
    name: "a frame of 63 MiB",
    send: (socket) => frameOf(socket, 63 * MIB),
    // The runtime takes it whole, in UTF-8 and then as a text.
    expect: { deno: { end: "close 3509", mib: 384 }, node: NODE },
  },
  {
    name: "a frame of 64 MiB",
    send: (socket) => frameOf(socket, 64 * MIB),
    expect: { deno: { end: "dropped", mib: 32 }, node: NODE },
  },
  {
    name: "a frame of 100 MB",
    send: (socket) => frameOf(socket, 100_000_000),
    expect: { deno: { end: "dropped", mib: 32 }, node: NODE },
  },
  {
    name: "96 MiB in fragments",
    send: (socket) => fragments(socket, 96 * MIB),
    // The runtime has no bound here: it takes all that is sent.
    expect: { deno: { end: "close 3509", mib: 576 }, node: NODE },
  },
  {
    name: "a hundred frames in one message, each within the limit",
    send: (socket) => fragments(socket, 100 * 65_536),
    expect: { deno: { end: "close 3509", mib: 96 }, node: NODE },
  },
];

for (const listener of ["deno", "node"] as const) {
  for (const { name, send, expect } of CASES) {
    Deno.test(`${listener} listener: ${name} costs its sender the connection, and little else`, async () => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      await using healthy = await TestClient.connect(program.webSocketUrl);
      using memory = new MemoryWatch(program.pid);
      {
        using socket = await RawSocket.open(program.port);
        await send(socket).catch(() => {}); // cut off
        assert.equal(await endOf(socket), expect[listener].end);
      }
      assert.ok(memory.grown < expect[listener].mib, `memory grew by ${memory.grown} MiB`);
      await healthy.settled();
      assert.deepEqual(program.errors, []);
    });
  }

  Deno.test(`${listener} listener: announcing 63 MiB on a hundred connections takes no memory`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using healthy = await TestClient.connect(program.webSocketUrl);
    using memory = new MemoryWatch(program.pid);
    using sockets = new DisposableStack();
    for (let count = 0; count < 100; count++) {
      const socket = sockets.use(await RawSocket.open(program.port));
      await socket.write(head(63 * MIB)).catch(() => {}); // refused already
    }
    await healthy.settled();
    assert.ok(memory.grown < 64, `memory grew by ${memory.grown} MiB`);
  });

  Deno.test(`${listener} listener: who pings without end and reads nothing takes no memory`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using healthy = await TestClient.connect(program.webSocketUrl);
    using memory = new MemoryWatch(program.pid);
    using socket = await RawSocket.open(program.port);
    await pingUntilStuck(socket);
    await healthy.settled();
    assert.ok(memory.grown < 64, `memory grew by ${memory.grown} MiB`);
  });

  Deno.test(`${listener} listener: fragments without content are no way around a limit`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using healthy = await TestClient.connect(program.webSocketUrl);
    using memory = new MemoryWatch(program.pid);
    using socket = await RawSocket.open(program.port);
    const empty = repeated(wireFrame({ opcode: OPCODES.continuation, fin: false }), 10_000);
    const send = async () => {
      await socket.write(wireFrame({ opcode: OPCODES.text, fin: false }));
      for (let count = 0; count < 20; count++) await socket.write(empty);
    };
    await send().catch(() => {}); // cut off: ws counts fragments, too
    await healthy.settled();
    assert.ok(memory.grown < 64, `memory grew by ${memory.grown} MiB`);
  });
}

async function frameOf(socket: RawSocket, length: number): Promise<void> {
  await socket.write(head(length));
  for (let sent = 0; sent < length; sent += ZEROS.length) {
    await socket.write(ZEROS.subarray(0, Math.min(ZEROS.length, length - sent)));
  }
}

async function fragments(socket: RawSocket, length: number): Promise<void> {
  const { text, continuation } = OPCODES;
  await socket.write(wireFrame({ opcode: text, payload: ZEROS, mask: MASK, fin: false }));
  const next = wireFrame({ opcode: continuation, payload: ZEROS, mask: MASK, fin: false });
  for (let sent = ZEROS.length; sent < length; sent += ZEROS.length) await socket.write(next);
  await socket.write(wireFrame({ opcode: continuation }));
}

/** A whole frame but for its payload. */
function head(length: number): Uint8Array {
  return wireFrame({ opcode: OPCODES.text, length, mask: MASK });
}

/** Writes pings until the server takes no more, or 64 MiB are written, or it ends the connection. */
async function pingUntilStuck(socket: RawSocket): Promise<void> {
  const pings = repeated(ping("x".repeat(125)), 5_000);
  for (let sent = 0; sent < 64 * MIB; sent += pings.length) {
    const writing = socket.write(pings).then(() => "written", () => "ended");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stuck = new Promise<string>((resolve) => timer = setTimeout(resolve, 1000, "stuck"));
    const what = await Promise.race([writing, stuck]);
    clearTimeout(timer);
    if (what === "written") continue;
    socket[Symbol.dispose]();
    await writing;
    return;
  }
}

function repeated(frame: Uint8Array, times: number): Uint8Array {
  const whole = new Uint8Array(frame.length * times);
  for (let count = 0; count < times; count++) whole.set(frame, count * frame.length);
  return whole;
}

async function endOf(socket: RawSocket): Promise<string> {
  const frame = await socket.read();
  if (typeof frame === "string") return frame === "end" ? "dropped" : frame;
  const [high = 0, low = 0] = frame.payload;
  return frame.opcode === OPCODES.close ? `close ${high << 8 | low}` : `opcode ${frame.opcode}`;
}
