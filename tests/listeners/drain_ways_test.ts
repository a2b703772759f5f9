/** A drain and the stop behind it, by each way in: who has a connection is told to go, and what was begun is finished. */
import assert from "node:assert/strict";
import { applicationOf, userOf } from "../support/chat.ts";
import { ChatClient } from "../support/chat_client.ts";
import { Manager } from "../support/manager.ts";
import { type LogLine, Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** A third of it is for balancers. */
const DRAIN_SECONDS = "12";

/** Long enough for whoever is slow, so that no test depends on it. */
const LATE = { APP_SHUTDOWN_SECONDS: "120" };

/** What a file has that is read slowly: more than the buffers of two sockets take. */
const LARGE = new Uint8Array(40_000_000).map((_, at) => at % 251);

for (const listener of ["deno", "node"]) {
  const env = { APP_LISTENER: listener, APP_KEY, ...LATE };
  const test = (what: string, run: () => Promise<void>) =>
    Deno.test(`${listener} listener: ${what}`, run);

  test("before a stop, clients of the base protocol and of the chat protocol go, and are served until then", async () => {
    await using program = await Program.start({
      env: { ...env, APP_DRAIN_SECONDS: DRAIN_SECONDS },
    });
    const { webSocketUrl } = program;
    const chats = await Promise.all(
      ["1", "2"].map(async (sub) => ChatClient.open(webSocketUrl, await connectionToken({ sub }))),
    );
    const [one, other] = chats as [ChatClient, ChatClient];
    const token = await connectionToken({ sub: "3" });
    const protocols = ["notifyli.v1", `notifyli.token.${token}`];
    const base = await TestClient.connectAs(webSocketUrl, { protocols });
    base.send({ type: "keepalive", user_id: 3, room: "lobby" });
    await base.settled();
    program.kill("SIGTERM");
    await waitFor("balancers are told", async () => await statusOf(program, "/readyz") === 503);
    await one.say(2, "While it drains");
    assert.deepEqual((await other.get(1)).map(({ content }) => content), ["While it drains"]);
    base.send({ type: "usermsg", user_id: 3, room: "lobby", message: "Still here" });
    await base.get("usermsg");
    const closed = [one.socket, other.socket, base].map((client) => client.waitClosed());
    assert.deepEqual((await Promise.all(closed)).map(({ code }) => code), [3001, 3001, 3001]);
    assert.equal((await program.ended()).code, 0);
  });

  test("what was begun before a stop is finished: a part of an upload, a call, and a file that is read", async () => {
    const dataDir = await Deno.makeTempDir();
    {
      await using program = await Program.start({
        ...{ dataDir, env: { ...env, APP_DRAIN_SECONDS: "6" } },
      });
      const alice = await userOf(program, 1);
      const manager = await Manager.of(program);
      const stored = await (await fetch(`${program.url}/api/files?name=large.bin&user_id=1`, {
        method: "POST",
        headers: { authorization: `Bearer ${manager.key}` },
        body: LARGE,
      })).json();

      const begun = await fetch(`${program.url}/api/uploads`, {
        method: "POST",
        headers: { ...TUS, ...bearer(alice.bearer), "upload-length": "10" },
      });
      await begun.body?.cancel();
      const location = String(begun.headers.get("location")).replace(/.*\/(?=uploads)/, "");
      using part = await Slow.begin(program, [
        `PATCH /api/${location} HTTP/1.1`,
        ...["Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Content-Length: 10"],
        ...["Content-Type: application/offset+octet-stream"],
        `Authorization: Bearer ${alice.bearer}`,
      ], "Hello");
      const body = JSON.stringify({ user_id: 1, id: "slow-0001", message: "In two halves" });
      using called = await Slow.begin(program, [
        ...["POST /api/notifications HTTP/1.1", `Content-Length: ${body.length}`],
        `Authorization: Bearer ${manager.key}`,
      ], body.slice(0, 20));
      using read = await Slow.begin(program, [`GET ${stored["url"]} HTTP/1.1`], "");
      assert.match(await read.head(), /^HTTP\/1\.1 200 /);

      program.kill("SIGTERM");
      await waitFor("it drains", async () => await statusOf(program, "/readyz") === 503);
      // Whoever comes while it drains is served as ever.
      assert.equal(await statusOf(program, "/api/stats", manager.key), 200);
      await waitFor("nothing new is accepted", async () => {
        const status = await statusOf(program, "/healthz").catch(() => 0);
        return status !== 200;
      });
      // Longer than a stop waits for clients that only have to close.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await part.write("World");
      assert.match(await part.head(), /^HTTP\/1\.1 204 [^]*upload-offset: 10\r/i);
      await called.write(body.slice(20));
      assert.match(await called.head(), /^HTTP\/1\.1 201 /);
      assert.deepEqual(await read.rest(), LARGE.length);
      assert.equal((await program.ended()).code, 0);
      const isLate = ({ message }: LogLine) => /not every client was gone/.test(message);
      assert.deepEqual(program.log.filter(isLate), []);
    }
    await using program = await Program.start({ dataDir, env });
    const manager = await Manager.of(program);
    assert.equal((await manager.call(program, "GET", "/notifications/slow-0001")).status, 200);
    const app = await applicationOf(program, ["files:read"]);
    const { files } = await app.done("GET", "/files?user_id=1");
    const sizes = (files as { bytes: number }[]).map(({ bytes }) => bytes).sort();
    assert.deepEqual(sizes, [10, LARGE.length]);
    await program[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  });
}

const TUS = { "tus-resumable": "1.0.0" };

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function statusOf({ url }: Program, path: string, key?: string): Promise<number> {
  const response = await fetch(url + path, { headers: key === undefined ? {} : bearer(key) });
  await response.body?.cancel();
  return response.status;
}

/** A request of which the test writes a part and reads a part when it likes. */
class Slow implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(1 << 16);
  #bytes = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Sends the lines and the first part of the body. */
  static async begin({ port }: Program, lines: string[], part: string): Promise<Slow> {
    const slow = new Slow(await Deno.connect({ hostname: "127.0.0.1", port }));
    await slow.write([...lines, `Host: 127.0.0.1:${port}`, "", ""].join("\r\n") + part);
    return slow;
  }

  async write(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }

  /** The answer's first line and headers. */
  async head(): Promise<string> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#bytes = this.#bytes.slice(end + 4);
        return text.slice(0, end + 2);
      }
      const length = await this.#connection.read(this.#buffer);
      assert.notEqual(length, null, `it ended after ${text}`);
      this.#bytes = new Uint8Array([...this.#bytes, ...this.#buffer.subarray(0, length!)]);
    }
  }

  /** How many bytes of the body come, to the end of the connection; each is as it was stored. */
  async rest(): Promise<number> {
    let count = 0;
    const take = (bytes: Uint8Array) => {
      for (const byte of bytes) if (byte !== count++ % 251) assert.fail(`wrong at ${count - 1}`);
    };
    take(this.#bytes);
    for (;;) {
      if (count === LARGE.length) return count;
      const length = await this.#connection.read(this.#buffer);
      if (length === null) return count;
      take(this.#buffer.subarray(0, length));
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
