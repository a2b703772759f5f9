/** Bad tokens are attempts to connect, wherever they are shown, on both listeners. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { UPGRADE } from "../support/raw_socket.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

/** The status of an attempt from an address, as a trusted proxy tells it. */
type Attempt = (program: Program, from: string, token: string) => Promise<number>;

const WAYS: Readonly<Record<string, Attempt>> = {
  "/sse": (program, from, token) => attempt(program, "/sse", { from, token }),
  "/sse with a room": (program, from, token) =>
    attempt(program, "/sse?room=lobby", { from, token }),
  "/ws": (program, from, token) => attempt(program, "/ws", { from, token, more: UPGRADE }),
};

for (const listener of ["deno", "node"]) {
  Deno.test(`limits on the ${listener} listener: bad tokens count as attempts to connect`, async () => {
    await using program = await Program.start({
      env: {
        APP_LISTENER: listener,
        APP_KEY,
        APP_TRUSTED_PROXIES: "127.0.0.1",
        APP_RATE_CONNECTS_IP: "1/5",
      },
    });
    const [bad, good] = [
      await connectionToken({}, { key: "x".repeat(32) }),
      await connectionToken(),
    ];
    for (const [index, [name, knock]] of Object.entries(WAYS).entries()) {
      const from = `203.0.113.${index}`;
      const statuses: number[] = [];
      while (statuses.at(-1) !== 429 && statuses.length < 40) {
        statuses.push(await knock(program, from, bad));
      }
      assert.ok(statuses.length > 5 && statuses.length < 20, `${name}: ${statuses}`);
      assert.deepEqual(statuses.slice(0, -1), Array(statuses.length - 1).fill(401), name);
      for (const other of Object.values(WAYS)) {
        assert.equal(await other(program, from, good), 429, `${name}: all ways have one gate`);
      }
      assert.notEqual(
        await knock(program, "203.0.113.99", good),
        429,
        `${name}: others are let in`,
      );
    }
  });
}

async function attempt(
  { port }: Program,
  path: string,
  { from, token, more = "" }: { from: string; token: string; more?: string },
): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request =
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Forwarded-For: ${from}\r\n` +
    `Authorization: Bearer ${token}\r\n${more}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(12);
  await connection.read(answer);
  return Number(new TextDecoder().decode(answer).slice(9));
}
