/**
 * A hundred sockets send frames of one kind after the other as fast as they can, to a server under load. They lose their
 * connections, and all that was accepted meanwhile arrives, once and in order.
 */
import assert from "node:assert/strict";
import type { FloodFigures, FloodKind, FloodLoad } from "../bench/loads/flood.ts";
import { runLoad } from "../bench/run_load.ts";
import { Program } from "../support/program.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

const RATE = 300;
const SOCKETS = 100;

/** What the server is told of on both listeners; each ends its sender. */
const KINDS: readonly FloodKind[] = ["empty texts", "line breaks", "pongs"];

export const frameFlood: readonly Scenario[] = ["deno", "node"].map((listener) => ({
  name: `floods of frames on the ${listener} listener`,
  run: (context) => runFlooded(listener, context),
}));

async function runFlooded(
  listener: string,
  { random, seconds, progress }: FaultContext,
): Promise<Report> {
  await using program = await Program.start({ env: { APP_LISTENER: listener, APP_OPEN: "true" } });
  const { port } = program;
  await using users = await UsersUnderLoad.start(program, { random, rate: RATE });
  const { load } = users;
  for (const kind of KINDS) {
    const before = load.accepted;
    const what: FloodLoad = { port, kind, sockets: SOCKETS, seconds };
    await runLoad<FloodLoad, FloodFigures>("flood", what, { isNice: true });
    progress(`${kind}: ${load.accepted - before} accepted meanwhile`);
    assert.ok(load.accepted > before, `nothing was accepted while ${SOCKETS} sockets sent ${kind}`);
  }
  await load.end();
  const report = await users.counted();
  assert.deepEqual(program.errors, []);
  const { dropped_flood } = await (await fetch(`${program.url}/api/stats`)).json();
  assert.ok(dropped_flood > 0, "no sender of a flood was ended");
  return { ...report, notes: `${dropped_flood} senders ended` };
}
