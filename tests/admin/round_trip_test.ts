/** How long a client takes to answer a ping, as operators see it of each connection. */
import assert from "node:assert/strict";
import { PLACES } from "../support/nodes.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { OPCODES, text, wireFrame } from "../support/wire_frame.ts";

type Json = Record<string, unknown>;

/** How late the slow client answers. */
const LATE_MS = 400;

for (const [place, start] of PLACES) {
  Deno.test(`round trips are those from a ping to its pong (${place})`, async () => {
    await using nodes = await start({ APP_KEEPALIVE_SECONDS: "5" });
    const { manager, first, last } = nodes;
    const of = async (user: number) => {
      const { json } = await manager.call(first, "GET", `/users/${user}`);
      return (json["connections"] as Json[])[0]?.["round_trip_ms"] as number | undefined;
    };
    await using _ = await TestClient.connectWithToken(
      last.webSocketUrl,
      await connectionToken({ sub: "1" }),
    );
    assert.equal(await of(1), undefined, "nobody has pinged yet");
    const protocols = `notifyli.v2, notifyli.token.${await connectionToken({ sub: "2" })}`;
    using slow = await RawSocket.open(
      last.port,
      "/ws",
      `Sec-WebSocket-Protocol: ${protocols}\r\n`,
    );
    await slow.write(text(JSON.stringify({ type: "connect", ref: 1 })));
    let isOver = false;
    const answering = (async () => {
      while (!isOver) {
        const read = await slow.read();
        if (typeof read === "string") return;
        if (read.opcode !== OPCODES.ping) continue;
        await new Promise((resolve) => setTimeout(resolve, LATE_MS));
        await slow.write(wireFrame({ opcode: OPCODES.pong, payload: read.payload })).catch(
          () => {},
        );
      }
    })();
    const late = await waitFor("the late answer is known", () => of(2));
    // A timer may fire a moment early.
    assert.ok(late >= LATE_MS - 20 && late < 60_000, `${late} ms`);
    // Each ping is measured anew, and one of them is answered at once.
    const quick = await waitFor("a quick answer is known", async () => {
      const known = await of(1);
      return known !== undefined && known < LATE_MS - 20 && { known };
    }, 180_000);
    assert.ok(quick.known >= 0, `${quick.known} ms`);
    isOver = true;
    slow[Symbol.dispose]();
    await answering;
  });
}
