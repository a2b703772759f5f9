/** The `deno` listener's door while another server has taken the place of one: when the one before ends. */
import assert from "node:assert/strict";
import { DenoDoor, type OpenSockets } from "../../lib/listeners/deno_door.ts";
import { Certificate } from "../support/certificate.ts";
import { stubClock } from "../support/stub_clock.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

Deno.test("a server whose place another one took ends a minute after its last socket and request", async () => {
  using world = await World.start();
  const [first, second] = world.servers;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  first!.open.begin(answered);
  world.pass(2 * MINUTE_MS);
  assert.equal(first!.isShut, false, "a request is not answered");
  const socket = new FakeSocket();
  first!.open.add(socket.asWebSocket);
  answer();
  await answered;
  world.pass(2 * MINUTE_MS);
  assert.equal(first!.isShut, false, "a socket is open");
  first!.open.delete(socket.asWebSocket);
  world.pass(MINUTE_MS / 2);
  assert.equal(first!.isShut, false, "a client may keep its connection for the next request");
  world.pass(MINUTE_MS);
  assert.deepEqual([first!.isShut, second!.isShut], [true, false]);
  assert.equal(socket.code, undefined);
  assert.equal(world.lost, 0, "the door goes on");
});

Deno.test("a server whose place another one took ends before its certificate does, and tells its clients", async () => {
  using world = await World.start();
  const [first, second] = world.servers;
  const socket = new FakeSocket();
  first!.open.add(socket.asWebSocket);
  world.pass(DAY_MS);
  assert.equal(first!.isShut, false);
  world.pass(DAY_MS); // it is good for two days
  assert.deepEqual([first!.isShut, socket.code], [true, 3001]);
  assert.equal(second!.isShut, false);
  first!.open.delete(socket.asWebSocket);
});

/** A server of the runtime, as far as a door needs it. */
class FakeServer {
  isShut = false;
  readonly open: OpenSockets;
  readonly #finished = Promise.withResolvers<void>();

  constructor(open: OpenSockets) {
    this.open = open;
  }

  get http(): Deno.HttpServer<Deno.NetAddr> {
    const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
    return {
      ...{ addr, finished: this.#finished.promise, ref() {}, unref() {} },
      shutdown: () => {
        this.isShut = true;
        this.#finished.resolve();
        return Promise.resolve();
      },
    } as Deno.HttpServer<Deno.NetAddr>;
  }
}

class FakeSocket {
  code: number | undefined;

  readonly asWebSocket = {
    close: (code: number) => void (this.code = code),
  } as unknown as WebSocket;
}

/** A door that has taken over another certificate, and the clocks that it goes by. */
class World implements Disposable {
  readonly servers: FakeServer[] = [];
  lost = 0;
  readonly #door: DenoDoor;
  readonly #clock = stubClock();
  readonly #looks: (() => void)[] = [];
  readonly #restore: () => void;
  #now = Date.now();

  private constructor(tls: { cert: string; key: string }) {
    const [set, now] = [setInterval, Date.now];
    const watch = (look: () => void) => this.#looks.push(look);
    globalThis.setInterval = watch as unknown as typeof setInterval;
    Date.now = () => this.#now;
    this.#restore = () => {
      globalThis.setInterval = set;
      Date.now = now;
      this.#clock[Symbol.dispose]();
    };
    this.#door = new DenoDoor((_, open) => {
      const server = new FakeServer(open);
      this.servers.push(server);
      return server.http;
    }, { host: "127.0.0.1", tls });
  }

  static async start(): Promise<World> {
    await using certificate = await Certificate.make();
    const pair = await certificate.read();
    const world = new World(pair);
    await world.#door.open(0, () => world.lost++);
    assert.equal(world.#door.renewCertificate(pair), true);
    return world;
  }

  pass(ms: number): void {
    this.#clock.pass(ms);
    this.#now += ms;
    for (const look of this.#looks) look();
  }

  [Symbol.dispose](): void {
    this.#restore();
    void this.#door.shutdown(Promise.resolve()); // a socket may still be open where a test fails
  }
}
