/**
 * SIGHUP again and again under load, between two files of rules and one that is broken, on both listeners: nobody is cut off, and
 * nothing is lost. `listeners/certificate_test.ts` does it with certificates.
 */
import assert from "node:assert/strict";
import { waitFor } from "../support/wait.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

const RELOADS = 20;

/** The last one is broken. */
const RULES = [
  '{"unknown":"public","rooms":[]}',
  '{"unknown":"public","rooms":[{"pattern":"vip-*"}]}',
  '{"unknown":"public","rooms":[',
];

export const reloaded: readonly Scenario[] = ["deno", "node"].map((listener) => ({
  name: `settings reloaded by SIGHUP, ${listener}`,
  run: (context) => run(context, listener),
}));

async function run(context: FaultContext, listener: string): Promise<Report> {
  const { random, seconds } = context;
  const rules = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(rules, RULES[0]!);
  try {
    const env = { APP_LISTENER: listener, APP_ROOMS: rules };
    await using stage = await Stage.open(context, { nodes: 1, env });
    const { cluster, audience, load } = stage;
    const said = () =>
      cluster.program(0).log.filter(({ message }) => /^SIGHUP: .* taken over/.test(message));
    let refused = 0;
    for (let count = 1; count <= RELOADS; count++) {
      await passed(random.between(0, 2) * seconds / RELOADS);
      const text = random.pick(RULES);
      await Deno.writeTextFile(rules, text);
      cluster.program(0).kill("SIGHUP");
      await waitFor("it is reloaded", () => said().length === count);
      const isRefused = said().at(-1)!.message.includes("nothing was taken over");
      assert.equal(isRefused, text === RULES.at(-1), said().at(-1)!.message);
      if (isRefused) refused++;
    }
    const goal = load.accepted + 1;
    await waitFor("the load goes on", () => load.accepted >= goal);
    assert.deepEqual(audience.endings, [], "somebody was cut off");
    assert.equal(load.refused + load.unanswered, 0, "something was refused");
    return await stage.finish(`${RELOADS} reloads, ${refused} of them refused`);
  } finally {
    await Deno.remove(rules);
  }
}
