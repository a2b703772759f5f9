/** A user's limits hold from the accepted token on, whichever way it comes, on both listeners. */
import assert from "node:assert/strict";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** A client that has shown a token, and has not said who it is. */
interface Shown extends AsyncDisposable {
  /** The code that it was closed with; `undefined` while it is open. */
  closeCode(): number | undefined;
  /** The error that it was told before. */
  errorCode(): unknown;
  settled(): Promise<unknown>;
}

const WAYS: Readonly<Record<string, (program: Program, token: string) => Promise<Shown>>> = {
  "version 1, header": (program, token) =>
    socket(program, { headers: { authorization: `Bearer ${token}` } }),
  "version 1, subprotocol": (program, token) =>
    socket(program, { protocols: ["notifyli.v1", `notifyli.token.${token}`] }),
  "version 2, subprotocol": (program, token) =>
    socket(program, { protocols: ["notifyli.v2", `notifyli.token.${token}`] }),
  "version 2, first frame": async (program, token) =>
    await socket(program, { protocols: ["notifyli.v2"] }, { type: "auth", ref: "auth", token }),
  "version 1, first frame": (program, token) => socket(program, {}, { type: "auth", token }),
  "stream with commands": (program, token) => stream(`${program.url}/sse`, token),
  "stream without commands": (program, token) => stream(`${program.url}/sse?room=lobby`, token),
};

for (const listener of ["deno", "node"]) {
  const start = (env: Record<string, string>) =>
    Program.start({ env: { APP_LISTENER: listener, APP_KEY, ...env } });

  Deno.test(`limits on the ${listener} listener: connections of a user count from the accepted token`, async () => {
    await using program = await start({ APP_LIMIT_CONNECTIONS_USER: "3" });
    await using stack = new AsyncDisposableStack();
    const token = await connectionToken({ sub: "7" });
    const open: Shown[] = [];
    const ways = Object.entries(WAYS);
    for (let count = 0; count < 3; count++) {
      const [, come] = ways[count]!;
      open.push(stack.use(await come(program, token)));
    }
    for (const each of open) await each.settled();
    for (const [name, come] of ways) {
      const late = stack.use(await come(program, token));
      await waitFor(`${name}: it is closed`, () => late.closeCode() !== undefined);
      assert.deepEqual([late.closeCode(), late.errorCode()], [3012, "too_many_connections"], name);
    }
    for (const each of open) assert.equal(each.closeCode(), undefined);
    const other = stack.use(
      await WAYS["version 2, subprotocol"]!(program, await connectionToken()),
    );
    await other.settled();
    await open[0]![Symbol.asyncDispose]();
    await waitFor("there is a place again", async () => {
      await using next = await WAYS["version 2, subprotocol"]!(program, token);
      await next.settled().catch(() => {});
      return next.closeCode() === undefined;
    });
  });

  Deno.test(`limits on the ${listener} listener: frames of a user count from the accepted token`, async () => {
    await using program = await start({
      APP_RATE_MESSAGES: "off",
      APP_RATE_MESSAGES_USER: "1/10",
    });
    const protocols = ["notifyli.v2", `notifyli.token.${await connectionToken()}`];
    await using one = await TestClient.connectAs(program.webSocketUrl, { protocols });
    await using two = await TestClient.connectAs(program.webSocketUrl, { protocols });
    const pings = Array.from({ length: 10 }, (_, ref) => ({ type: "ping", ref }));
    for (const ping of pings) one.send(ping);
    assert.deepEqual(
      (await one.get("reply", 10)).map(({ success }) => success),
      Array(10).fill(true),
    );
    for (const ping of pings) two.send(ping);
    const refused = (await two.get("reply", 10)).filter(({ code }) => code === "rate_limited");
    assert.ok(refused.length >= 7, `${refused.length} of 10 are refused`);
  });
}

async function socket(
  { webSocketUrl }: Program,
  options: { protocols?: string[]; headers?: Record<string, string> },
  first?: Frame,
): Promise<Shown> {
  const socket = new WebSocket(webSocketUrl, options);
  const frames: Frame[] = [];
  let closeCode: number | undefined;
  const closed = new Promise<void>((resolve) => {
    socket.onclose = ({ code }) => {
      closeCode = code;
      resolve();
    };
  });
  socket.onmessage = ({ data }) =>
    void frames.push(...data.split("\n").map((text: string) => JSON.parse(text)));
  await Promise.race([new Promise((resolve) => socket.onopen = resolve), closed]);
  if (first !== undefined) socket.send(JSON.stringify(first));
  return {
    closeCode: () => closeCode,
    errorCode: () => frames.find(({ code }) => code !== undefined)?.["code"],
    async settled() {
      if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}');
      await waitFor("it is answered or closed", () => {
        return closeCode !== undefined || frames.some(({ type }) => type === "pong");
      });
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

async function stream(url: string, token: string): Promise<Shown> {
  const events = await EventStream.open(url, "", { authorization: `Bearer ${token}` });
  const ofClose = () => events.events.find(({ name }) => name === "close")?.data;
  return {
    closeCode: () => ofClose() && Number(ofClose()?.["code"]),
    errorCode: () => events.ofType("error")[0]?.["code"],
    settled: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => events[Symbol.asyncDispose](),
  };
}
