/** A stream of events ends with its socket, whatever else was sent on it, on both listeners. */
import assert from "node:assert/strict";
import { KeyServer } from "../support/key_server.ts";
import { Program } from "../support/program.ts";
import { UPGRADE } from "../support/raw_socket.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** What is sent in one write, in this order; each stream is another user's. */
const PIPELINES: readonly (readonly string[])[] = [
  ["stream"],
  ["stream", "stream"],
  ["stream", "stream", "stream", "stream", "stream", "stream", "stream", "stream"],
  ["health", "stream", "stream"],
  ["notification", "stream", "stream"],
  ["stream", "health", "stream"],
  ["stream", "notification", "stream"],
  ["stream", "upgrade"],
  ["health", "stream", "upgrade", "stream"],
];

/** How a client goes. */
const ENDS: Readonly<Record<string, (client: Pipelined) => void | Promise<void>>> = {
  "closes": (client) => client.close(),
  "sends no more": (client) => client.socket.closeWrite().catch(() => {}), // it may have ended
};

for (const listener of ["deno", "node"]) {
  Deno.test(`SSE on the ${listener} listener: of pipelined requests no stream lives without a connection`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    for (const pipeline of PIPELINES) {
      for (const [way, end] of Object.entries(ENDS)) {
        const name = `${pipeline.join(", ")}; then it ${way}`;
        const client = await Pipelined.open(program, pipeline);
        const isOpen = () => client.text.includes("connected");
        await waitFor(`${name}: the first stream is open`, () => isOpen() || client.hasEnded);
        // `node` ends a connection on which it is asked for an upgrade before it has answered all else.
        assert.equal(isOpen(), !(listener === "node" && pipeline.includes("upgrade")), name);
        await settled(program);
        const { clients, users } = await stats(program);
        const streams = isOpen() ? 1 : 0;
        assert.deepEqual(
          [clients, users],
          [streams, streams],
          `${name}: one connection, one stream`,
        );
        assert.deepEqual(await present(program), isOpen() ? [client.firstUser] : [], name);
        await end(client);
        await waitFor(
          `${name}: nobody is left`,
          async () => (await stats(program))["clients"] === 0,
        );
        assert.deepEqual(await present(program), [], name);
        client.close();
        await client.closed();
      }
    }
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`SSE on the ${listener} listener: what waits behind a stream takes no notification`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    const client = await Pipelined.open(program, ["stream", "stream"]);
    await waitFor("the first is open", () => client.text.includes("connected"));
    const ids = await Promise.all([0, 1].map((user) => notify(program, client.user(user))));
    await waitFor("the first one's came", () => client.text.includes("direct_message"));
    await waitFor("it is sent", async () => await state(program, ids[0]!) === "sent");
    await settled(program);
    assert.equal(await state(program, ids[1]!), "queued");
    client.close();
    await client.closed();
    await waitFor("nobody is left", async () => (await stats(program))["clients"] === 0);
    assert.equal(await state(program, ids[1]!), "queued");
  });

  for (const [last, answer] of [["stream", "connected"], ["upgrade", "HTTP/1.1 101"]] as const) {
    Deno.test(`${listener} listener: a connection on which requests waited goes on with: ${last}`, async () => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      const client = await Pipelined.open(program, ["health", "health", "notification", "health"]);
      await waitFor("all are answered", () => client.text.split("HTTP/1.1 2").length === 5);
      await settled(program);
      await client.send(last);
      await waitFor(`it says ${answer}`, () => client.text.includes(answer));
      assert.deepEqual(client.hasEnded, false);
      client.close();
      await client.closed();
    });
  }

  Deno.test(`SSE on the ${listener} listener: a client that goes while its token is checked leaves no stream`, async () => {
    await using keys = new KeyServer();
    const token = await connectionToken({}, await keys.add("one"));
    await using program = await Program.start({
      env: { ...keys.env, APP_LISTENER: listener, APP_DEBUG: "true" },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    keys.held = promise;
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
    const request = `GET /sse?room=lobby HTTP/1.1\r\nHost: 127.0.0.1:${program.port}\r\n` +
      `Authorization: Bearer ${token}\r\n\r\n`;
    await socket.write(new TextEncoder().encode(request.repeat(3)));
    await waitFor("the keys are asked for", () => keys.fetches > 0);
    socket.close();
    resolve();
    const gone = () => program.log.filter(({ message }) => / is gone$/.test(message)).length;
    const came = () => program.log.filter(({ message }) => / connected$/.test(message)).length;
    // Whether the stream was opened at all is the listener's affair, but then it is gone, too.
    const probe = await fetch(`${program.url}/sse?room=lobby`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await waitFor("the probe is there", () => came() > 0);
    await probe.body?.cancel();
    await waitFor("all are gone", () => came() > 0 && came() === gone());
    assert.ok(came() <= 2, `${came()} streams`);
  });
}

Deno.test("limits on the node listener: requests that wait behind another one", async () => {
  await using program = await Program.start({ env: { APP_LISTENER: "node" } });
  const client = await Pipelined.open(program, ["stream", ...Array(500).fill("health")]);
  await client.closed();
  await waitFor("nobody is left", async () => (await stats(program))["clients"] === 0);
  const modest = await Pipelined.open(program, Array(50).fill("health"));
  await waitFor("all are answered", () => modest.text.split("HTTP/1.1 200").length === 51);
  modest.close();
  await modest.closed();
});

let lastUser = 100;

/** A connection on which several requests are sent at once. */
class Pipelined {
  text = "";
  hasEnded = false;
  #isClosed = false;
  readonly #first: number;
  readonly #reading: Promise<void>;

  private constructor(readonly socket: Deno.TcpConn, readonly port: number, first: number) {
    this.#first = first;
    this.#reading = this.#read().finally(() => this.hasEnded = true);
  }

  static async open(program: Program, pipeline: readonly string[]): Promise<Pipelined> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
    const first = lastUser + pipeline.findIndex((kind) => kind === "stream");
    const client = new Pipelined(socket, program.port, first);
    await client.send(...pipeline);
    return client;
  }

  async send(...pipeline: readonly string[]): Promise<void> {
    const requests = pipeline.map((kind) => request(kind, this.port, lastUser++));
    let rest = new TextEncoder().encode(requests.join(""));
    while (rest.length > 0) {
      rest = rest.subarray(await this.socket.write(rest).catch(() => rest.length));
    }
  }

  /** The user of the first stream. */
  get firstUser(): number {
    return this.#first;
  }

  user(place: number): number {
    return this.#first + place;
  }

  /** Resolves when nothing more comes. */
  async closed(): Promise<void> {
    await this.#reading;
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.socket.close();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const length = await this.socket.read(buffer).catch(() => null);
      if (length === null) return;
      this.text += decoder.decode(buffer.subarray(0, length), { stream: true });
    }
  }
}

function request(kind: string, port: number, user: number): string {
  const host = `HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
  switch (kind) {
    case "stream":
      return `GET /sse?user_id=${user}&room=lobby ${host}\r\n`;
    case "health":
      return `GET /healthz ${host}\r\n`;
    case "upgrade":
      return `GET /ws?user_id=${user}&room=lobby ${host}${UPGRADE}\r\n`;
    default:
      return `POST /api/users/${user}/notifications ${host}Content-Length: 2\r\n\r\nhi`;
  }
}

/** Resolves when the server has had time for what came before: it has answered others since. */
async function settled(program: Program): Promise<void> {
  for (let count = 0; count < 5; count++) await stats(program);
}

async function stats({ url }: Program): Promise<Record<string, number>> {
  return await (await fetch(`${url}/api/stats`)).json();
}

async function present({ url }: Program): Promise<number[]> {
  const { connections } = await (await fetch(`${url}/api/rooms/lobby/connections`)).json();
  return connections.map(({ user_id }: { user_id: number }) => user_id);
}

async function notify({ url }: Program, user: number): Promise<string> {
  const answer = await fetch(`${url}/api/users/${user}/notifications`, {
    method: "POST",
    body: "x",
  });
  return (await answer.json()).id;
}

async function state({ url }: Program, id: string): Promise<string> {
  return (await (await fetch(`${url}/api/notifications/${id}`)).json()).state;
}
