/** Pings of many connections by one timer. */
import assert from "node:assert/strict";
import { Keepalive, type Pinged } from "../../lib/listeners/keepalive.ts";
import { waitFor } from "../support/wait.ts";

const PERIOD_SECONDS = 0.3;

class Connection implements Pinged {
  isHeard = true;
  isEnded = false;
  readonly pingedAt: number[] = [];
  readonly addedAt = performance.now();

  constructor(readonly answers: boolean) {}

  ping(): void {
    assert.ok(!this.isEnded);
    this.pingedAt.push(performance.now());
    this.isHeard = this.answers;
  }

  giveUp(): void {
    this.isEnded = true;
  }
}

Deno.test("Keepalive pings who answers once a period, and ends who does not after one ping", async () => {
  const keepalive = new Keepalive(PERIOD_SECONDS);
  const groups = new Map<Connection, number>();
  for (let each = 0; each < 40; each++) {
    const connection = new Connection(each % 4 !== 0);
    groups.set(connection, keepalive.add(connection));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const connections = [...groups.keys()];
  const silent = connections.filter(({ answers }) => !answers);
  const others = connections.filter(({ answers }) => answers);
  await waitFor("the silent ones are ended", () => silent.every(({ isEnded }) => isEnded));
  for (const connection of silent) keepalive.delete(connection, groups.get(connection)!);
  await waitFor(
    "the others are pinged",
    () => others.every(({ pingedAt }) => pingedAt.length >= 4),
  );
  for (const connection of others) keepalive.delete(connection, groups.get(connection)!);

  assert.ok(silent.every(({ pingedAt }) => pingedAt.length === 1));
  assert.ok(others.every(({ isEnded }) => !isEnded));
  const times = others.flatMap(({ addedAt, pingedAt }) =>
    pingedAt.map((at, index) => at - (pingedAt[index - 1] ?? addedAt))
  );
  assert.ok(
    times.every((ms) => ms > PERIOD_SECONDS * 500),
    "none has much less time than the period",
  );
  const moments = new Set(others.map(({ pingedAt }) => Math.round(pingedAt[0]! / 20)));
  assert.ok(moments.size > 3, "those that came one after the other are pinged so");
});

Deno.test("Keepalive has no timer where there is no connection", () => {
  const keepalive = new Keepalive(1);
  const connection = new Connection(true);
  const group = keepalive.add(connection);
  keepalive.delete(connection, group);
  keepalive.delete(connection, group); // the sanitizer finds a timer that is left
  keepalive.delete(connection, keepalive.add(connection));
});
