/** Restorations: never two beside each other, and a loss in the middle of one begins the steps anew. */
import assert from "node:assert/strict";
import { type RestoreStep, Restoring } from "../../lib/core/restoring.ts";
import { waitFor } from "../support/wait.ts";

/** A step that ends when the test says so, or when it is outdated. */
class Step implements RestoreStep {
  readonly log: string[] = [];
  running = 0;
  mostRunning = 0;
  #ending = Promise.withResolvers<void>();

  constructor(private readonly name = "") {}

  lost(): void {
    this.log.push(`${this.name}lost`);
  }

  begin(hasGap: boolean): void {
    this.log.push(`${this.name}begin${hasGap ? " gap" : ""}`);
  }

  async restore(signal: AbortSignal): Promise<void> {
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    const ending = this.#ending = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ending.reject(new Error("outdated")));
    try {
      await ending.promise;
      this.log.push(`${this.name}restored`);
    } finally {
      this.running--;
    }
  }

  giveUp(): void {
    this.log.push(`${this.name}gave up`);
  }

  end(): void {
    this.#ending.resolve();
  }

  fail(): void {
    this.#ending.reject(new Error("away"));
  }
}

function restoringOf(step: RestoreStep) {
  const background = new Set<Promise<void>>();
  const failures: string[] = [];
  const restoring = new Restoring({
    unready: () => Promise.resolve(undefined),
    runInBackground(_what, work) {
      const running = work.catch((error) => void failures.push(error.message))
        .finally(() => background.delete(running));
      background.add(running);
    },
  });
  restoring.add(step);
  return { restoring, failures, settled: () => waitFor("it ended", () => background.size === 0) };
}

Deno.test("restoring: a loss in the middle outdates the steps, which run again from the first on", async () => {
  const step = new Step();
  const { restoring, failures, settled } = restoringOf(step);
  restoring.begin();
  for (let each = 0; each < 2; each++) restoring.begin();
  assert.equal(step.log.at(-1), "lost");
  await waitFor("it runs again", () => step.log.at(-1) === "begin gap" && step.running === 1);
  step.end();
  await settled();
  assert.equal(step.mostRunning, 1, "never two at once");
  assert.deepEqual(step.log.slice(-2), ["begin gap", "restored"]);
  assert.equal(step.log.filter((line) => line === "lost").length, 3);
  assert.equal(step.log.includes("gave up"), false, "what waits goes on waiting for the next run");
  assert.deepEqual(failures, [], "an outdated run is no failure");
});

Deno.test("restoring: what failed is tried again, and only a gap is told as one", async () => {
  const step = new Step();
  const { restoring, failures, settled } = restoringOf(step);
  restoring.begin();
  await waitFor("it runs", () => step.running === 1);
  step.fail();
  await settled();
  assert.deepEqual(step.log, ["lost", "begin gap", "gave up"]);
  assert.deepEqual(failures, ["away"]);
  restoring.ifIncomplete();
  await waitFor("it runs again", () => step.running === 1);
  step.end();
  await settled();
  assert.deepEqual(step.log.slice(3), ["begin", "restored"]);
  restoring.stop();
});

Deno.test("restoring: a stop ends what is under way", async () => {
  const step = new Step();
  const { restoring, failures, settled } = restoringOf(step);
  restoring.begin();
  await waitFor("it runs", () => step.running === 1);
  restoring.stop();
  await settled();
  restoring.begin();
  assert.equal(step.running, 0);
  assert.deepEqual(failures, []);
});
