/** What providers have in common: requests whose connection ends, and reasons that have no URL in them. */
import assert from "node:assert/strict";
import { Connections } from "../../../lib/push/providers/connections.ts";
import { requesting } from "../../../lib/push/providers/requests.ts";

Deno.test("a request on a connection that the service has just closed is sent again, once", async () => {
  await using service = new ClosingService(1);
  using connections = new Connections();
  const send = () =>
    connections.send(service.url, {
      ...{ method: "POST", headers: {}, body: "x" } as const,
      signal: AbortSignal.timeout(20_000),
    });
  const answers = [await send(), await send()];
  assert.deepEqual(await Promise.all(answers.map((each) => each.text())), ["ok", "ok"]);
  assert.deepEqual(service.requests, [2, 1], "the second connection has the one that was lost");
});

Deno.test("a service that closes each connection is not asked again and again", async () => {
  await using service = new ClosingService(0);
  using connections = new Connections();
  const sent = connections.send(service.url, {
    ...{ method: "POST", headers: {}, body: "x" } as const,
    signal: AbortSignal.timeout(20_000),
  });
  await assert.rejects(sent);
  assert.deepEqual(service.requests, [1, 1]);
});

Deno.test("a reason has no URL in it, whoever throws it", async () => {
  const failing = (error: Error) =>
    requesting(new AbortController().signal, () => Promise.reject(error));
  const url = "https://push.example/secret?token=secret";
  const plain = await failing(new Error(`cannot reach (${url}), HTTP://x/secret: refused`));
  assert.deepEqual(plain, { result: "later", why: "cannot reach (…), … refused" });
  const cause = new Error(
    `error sending request for url (${url}): client error (Connect): no route`,
  );
  const fetched = await failing(new TypeError("fetch failed", { cause }));
  assert.deepEqual(fetched, { result: "later", why: "no route" });
});

Deno.test("a request has 15 s, however long its caller would wait", async () => {
  using timers = shortTimers(15_000);
  const result = await requesting(
    new AbortController().signal,
    (signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(new Error("aborted")))
      ),
  );
  assert.deepEqual(result, { result: "later", why: "no answer in time" });
  assert.equal(timers.count, 1);
});

/** Timers of so many milliseconds end at once. */
function shortTimers(ms: number): Disposable & { count: number } {
  const original = globalThis.setTimeout;
  const timers = { count: 0, [Symbol.dispose]: () => void (globalThis.setTimeout = original) };
  globalThis.setTimeout = ((run: () => void, after?: number) => {
    if (after === ms) timers.count++;
    return original(run, after === ms ? 0 : after);
  }) as typeof setTimeout;
  return timers;
}

/** Answers so many requests of each connection, and closes it where another one comes. */
class ClosingService implements AsyncDisposable {
  /** How many requests came over each connection. */
  readonly requests: number[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;

  constructor(answered: number) {
    this.#serving = this.#serve(answered);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }

  async #serve(answered: number): Promise<void> {
    const open: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      const at = this.requests.push(0) - 1;
      open.push(this.#converse(connection, at, answered));
    }
    await Promise.all(open);
  }

  async #converse(connection: Deno.Conn, at: number, answered: number): Promise<void> {
    using _ = connection;
    while (await hears(connection)) {
      this.requests[at]!++;
      if (this.requests[at]! > answered) return;
      await connection.write(
        new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
      );
    }
  }
}

/** Resolves when a whole request with the body `x` has come, with `false` where none does. */
async function hears(connection: Deno.Conn): Promise<boolean> {
  let text = "";
  const bytes = new Uint8Array(2000);
  while (!text.endsWith("\r\n\r\nx")) {
    const count = await connection.read(bytes).catch(() => null);
    if (count === null) return false;
    text += new TextDecoder().decode(bytes.subarray(0, count));
  }
  return true;
}
