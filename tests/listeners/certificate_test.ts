/** What holds while a server takes over another certificate: nobody is refused or cut off, and nobody else gets its port. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { NotifyliServer } from "../../lib/library/notifyli_server.ts";
import { Beside } from "../support/beside.ts";
import { Certificate } from "../support/certificate.ts";
import { freePort } from "../support/free_port.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const RELOADS = 20;
const CALLERS = 4;

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: no connection is refused or cut off while certificates change`, async () => {
    await using world = await World.start(listener);
    const { program, trust } = world;
    await using socket = await Socket.open(program, trust);
    const stream = await world.fetch("/sse?room=lobby", await connectionToken({ sub: "2" }));
    const heard = reading(stream);
    const upload = world.upload(await connectionToken({ sub: "1" }));

    const failures: string[] = [];
    let calls = 0;
    const call = async () => {
      calls++;
      await shownAt(program.port, true).catch((error) => failures.push(String(error)));
    };
    await using callers = new Beside(async (signal) => {
      await Promise.all(Array.from({ length: CALLERS }, async () => {
        while (!signal.aborted) await call();
      }));
    });
    for (let count = 0; count < RELOADS; count++) {
      const next = await world.renew();
      await waitFor("it is shown", async () => await shownAt(program.port) === next);
    }
    await callers.end();
    assert.deepEqual(failures, [], `${failures.length} of ${calls}`);
    assert.ok(calls > RELOADS, `${calls} calls`);

    socket.say("Still here");
    await waitFor(
      "the socket has it",
      () => socket.got.find((text) => text.includes("Still here")),
    );
    await waitFor("the stream has it", () => heard.text.includes("Still here"));
    upload.sendRest();
    const answer = await upload.answer;
    assert.equal(answer.status, 201, await answer.text());
    program.kill("SIGTERM");
    await waitFor("the socket is told", () => socket.code);
    assert.equal(socket.code, 3001);
    await heard.end;
    assert.match(heard.text, /3001/);
    assert.equal((await program.ended()).code, 0);
  });

  Deno.test(`${listener} listener: with TLS, too, a port that another program has is an error at the start`, async () => {
    await using world = await World.start(listener);
    await using second = await Program.spawn({
      env: { ...world.env, APP_PORT: String(world.program.port) },
    });
    assert.equal((await second.ended()).code, 1);
    assert.match(second.output, /in use/);
  });

  Deno.test(`${listener} listener: with TLS, too, two servers of one program do not share a port`, async () => {
    await using certificate = await Certificate.make();
    const port = freePort();
    const settings = {
      ...certificate.env,
      APP_LISTENER: listener,
      APP_DATA_DIR: ":memory:",
      APP_OPEN: true,
    };
    await using first = new NotifyliServer({ port, settings, log: false });
    await first.start();
    await using second = new NotifyliServer({ port, settings, log: false });
    await assert.rejects(second.start(), /in use/);
    await first.stop();
    await second.start();
    assert.equal(second.port, port);
  });
}

class World implements AsyncDisposable {
  readonly program: Program;
  readonly env: Readonly<Record<string, string>>;
  /** The certificates that clients believe. */
  readonly trust: Deno.HttpClient;
  readonly #pairs: readonly { cert: string; key: string }[];
  readonly #shown: Certificate;
  #renewals = 0;

  private constructor(
    { program, env, pairs, shown }: {
      program: Program;
      env: Readonly<Record<string, string>>;
      pairs: readonly { cert: string; key: string }[];
      shown: Certificate;
    },
  ) {
    this.program = program;
    this.env = env;
    this.#pairs = pairs;
    this.#shown = shown;
    const caCerts = pairs.map(({ cert }) => cert);
    this.trust = Deno.createHttpClient({ caCerts, http2: false });
  }

  static async start(APP_LISTENER: string): Promise<World> {
    const shown = await Certificate.make();
    await using other = await Certificate.make();
    const pairs = [await shown.read(), await other.read()];
    const env = { APP_LISTENER, APP_KEY, ...shown.env };
    return new World({ program: await Program.start({ env }), env, pairs, shown });
  }

  /** Has the server take over the other certificate, and resolves with its fingerprint. */
  async renew(): Promise<string> {
    const { cert, key } = this.#pairs[++this.#renewals % 2]!;
    await Deno.writeTextFile(this.#shown.cert, cert);
    await Deno.writeTextFile(this.#shown.key, key);
    const taken = () =>
      this.program.log.filter(({ message }) => /^SIGHUP: .* taken over/.test(message)).length;
    const before = taken();
    this.program.kill("SIGHUP");
    await waitFor("it is done", () => taken() > before);
    return fingerprintOf(cert);
  }

  async fetch(path: string, token: string): Promise<Response> {
    return await fetch(`${this.program.url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      client: this.trust,
    });
  }

  /** Begins an upload, whose rest is sent later. */
  upload(token: string): { readonly answer: Promise<Response>; sendRest(): void } {
    const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("The first half, "));
        await rest;
        controller.enqueue(new TextEncoder().encode("and the second."));
        controller.close();
      },
    });
    const answer = fetch(`${this.program.url}/api/files?name=halves.txt`, {
      ...{ method: "POST", body, client: this.trust },
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "text/plain",
      },
    });
    answer.catch(() => {}); // the test waits for it where it gets that far
    return { answer, sendRest };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    this.trust.close();
    await this.#shown[Symbol.asyncDispose]();
  }
}

/** A WebSocket in the room `lobby`. */
class Socket implements AsyncDisposable {
  readonly got: string[] = [];
  code: number | undefined;
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onopen = () => this.#opened.resolve();
    socket.onmessage = ({ data }) => this.got.push(data);
    socket.onclose = ({ code }) => {
      this.code = code;
      this.#closed.resolve();
    };
  }

  static async open({ webSocketUrl }: Program, client: Deno.HttpClient): Promise<Socket> {
    const token = await connectionToken({ sub: "1" });
    const protocols = ["notifyli.v2", `notifyli.token.${token}`];
    const socket = new Socket(new WebSocket(webSocketUrl, { protocols, client }));
    await socket.#opened.promise;
    socket.#send({ type: "connect" });
    socket.#send({ type: "subscribe", room: "lobby" });
    return socket;
  }

  say(message: string): void {
    this.#send({ type: "publish", room: "lobby", message });
  }

  #send(command: object): void {
    this.#socket.send(JSON.stringify(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }
}

/** Reads a stream to its end. */
function reading({ body }: Response): { text: string; end: Promise<void> } {
  const read = { text: "", end: Promise.resolve() };
  read.end = (async () => {
    for await (const text of body!.pipeThrough(new TextDecoderStream())) read.text += text;
  })();
  read.end.catch(() => {}); // the test waits for it where it gets that far
  return read;
}

/** The fingerprint of the certificate that is shown. @param asks whether a request has to be answered, too */
function shownAt(port: number, asks = false): Promise<string> {
  return new Promise((settle, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      const done = () => {
        settle(fingerprint256);
        socket.destroy();
      };
      if (!asks) return done();
      socket.once("data", done);
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
  });
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}
