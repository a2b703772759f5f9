/**
 * TCP on the C library itself, by way of Deno's FFI: one `epoll` for all sockets, and no promise for each read. That is
 * what makes a generator in TypeScript faster than the servers it measures. Linux with glibc, as Deno itself.
 */
const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  // Lengths are `size_t` there; of 32 bits they are no bigint here, and take the same register.
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
}).symbols;

// Of <sys/socket.h>, <netinet/tcp.h> and <sys/epoll.h>.
const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;

/** `struct epoll_event` in words of 32 bits: it is packed on x86_64 alone. */
const [EVENT_WORDS, DATA_WORD] = Deno.build.arch === "x86_64" ? [3, 1] : [4, 2];

const MAX_EVENTS = 1024;
/** More than any one frame of the benchmarks, so that a frame is always whole in here. */
const BUFFER_BYTES = 4 << 20;
const READ_BYTES = 1 << 18;

/** Takes the bytes in `buffer` up to `end`, and says how many of them it is done with; the rest comes again, with more. */
export type Reader = (buffer: Uint8Array, end: number) => number;

/** Where all sockets of this process are waited for. */
const poll = libc.epoll_create1(0);
const events = new Int32Array(MAX_EVENTS * EVENT_WORDS);
const sockets: TcpSocket[] = [];
const buffer = new Uint8Array(BUFFER_BYTES);

/** Waits up to `ms` for something to happen to any socket, and has it read. */
export function wait(ms: number): void {
  const count = libc.epoll_wait(poll, events, MAX_EVENTS, ms);
  for (let index = 0; index < count; index++) {
    const what = events[index * EVENT_WORDS]!;
    sockets[events[index * EVENT_WORDS + DATA_WORD]!]?.ready(what);
  }
}

/** Waits until `done` or the deadline; returns whether it was done. */
export function waitUntil(done: () => boolean, ms: number): boolean {
  const deadline = performance.now() + ms;
  while (!done()) {
    if (performance.now() > deadline) return false;
    wait(1);
  }
  return true;
}

/** A connection to a port of this machine. */
export class TcpSocket {
  readonly #descriptor: number;
  readonly #read: Reader;
  /** Came, and could not be read yet. */
  #rest: Uint8Array | undefined;
  /** Waits for room in the operating system's buffer. */
  #unsent: Uint8Array[] = [];
  isOpen = true;

  constructor(port: number, read: Reader) {
    this.#read = read;
    this.#descriptor = libc.socket(AF_INET, SOCK_STREAM, 0);
    if (this.#descriptor < 0) throw new Error("Cannot open one more socket: see ulimit -n");
    const address = new Uint8Array([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, ...Array(8)]);
    if (libc.connect(this.#descriptor, address, address.length) !== 0) {
      throw new Error(`Cannot connect to port ${port}`);
    }
    const on = new Uint8Array(new Int32Array([1]).buffer);
    libc.setsockopt(this.#descriptor, IPPROTO_TCP, TCP_NODELAY, on, on.length);
    sockets[this.#descriptor] = this;
    this.#watch(EPOLL_CTL_ADD, EPOLLIN);
  }

  send(bytes: Uint8Array): void {
    if (this.#unsent.push(bytes) === 1) this.#flush();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    delete sockets[this.#descriptor];
    libc.close(this.#descriptor);
  }

  /** @param what happened: bits of `epoll` */
  ready(what: number): void {
    if ((what & EPOLLOUT) !== 0) this.#flush();
    if ((what & ~EPOLLOUT) !== 0) this.#receive();
  }

  #receive(): void {
    const start = this.#rest?.length ?? 0;
    if (this.#rest !== undefined) buffer.set(this.#rest);
    const target = start === 0 ? buffer : buffer.subarray(start);
    const length = libc.recv(this.#descriptor, target, READ_BYTES, MSG_DONTWAIT);
    if (length <= 0) return this.close(); // it was said to be ready, so this is its end
    const end = start + length;
    const done = this.#read(buffer, end);
    this.#rest = done === end ? undefined : buffer.slice(done, end);
  }

  #flush(): void {
    while (this.#unsent.length > 0) {
      const [bytes] = this.#unsent as [Uint8Array];
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent = libc.send(this.#descriptor, bytes, bytes.length, flags);
      if (sent < bytes.length) {
        this.#unsent[0] = bytes.subarray(Math.max(sent, 0));
        return this.#watch(EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      }
      this.#unsent.shift();
      if (this.#unsent.length === 0) this.#watch(EPOLL_CTL_MOD, EPOLLIN);
    }
  }

  #watch(operation: number, what: number): void {
    const event = new Int32Array(EVENT_WORDS);
    event[0] = what;
    event[DATA_WORD] = this.#descriptor;
    libc.epoll_ctl(poll, operation, this.#descriptor, new Uint8Array(event.buffer));
  }
}
