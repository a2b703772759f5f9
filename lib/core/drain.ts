/**
 * How a server gives its clients to others before it stops: `/readyz` says 503 first, so that balancers lead nothing new here, and
 * then clients are told to come back, a part at a time, so that the others do not get all of them at once.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { DISCONNECTS } from "../base/errors.ts";
import type { Connection } from "./connection.ts";

const log = logFor();

/** Which part of the time balancers have to notice it, before the first client is told to go. */
const NOTICED_WITHIN = 1 / 3;

/** How often a part of the clients is told to go. */
const STEP_MS = 100;

/**
 * Tells all clients to go who are there, over the time that is left once balancers have noticed. Resolves when the last one was told; those who
 * come later stay for the stop to close.
 *
 * @param seconds how long it may take
 * @param hurry aborts where nobody wants to wait any more
 */
export async function drain(
  node: { readonly connections: Iterable<Pick<Connection, "disconnect">>; readonly size: number },
  seconds: number,
  hurry?: AbortSignal,
): Promise<void> {
  const ms = seconds * 1000;
  const endsAt = performance.now() + ms;
  log.info("draining: balancers are told by /readyz, and {clients} clients go within {seconds} s", {
    clients: node.size,
    seconds,
  });
  await pause(ms * NOTICED_WITHIN, hurry);
  const leaving = [...node.connections];
  while (leaving.length > 0 && hurry?.aborted !== true) {
    const steps = Math.max(1, Math.floor((endsAt - performance.now()) / STEP_MS));
    for (const connection of leaving.splice(0, Math.ceil(leaving.length / steps))) {
      connection.disconnect(DISCONNECTS.shutdown);
    }
    await pause(STEP_MS, hurry);
  }
}
