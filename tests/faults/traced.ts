/**
 * Tracing is on, and the collector hangs, dies and comes back under load: the load goes on as if nothing was, nothing is lost, the
 * spans that wait are bounded, and those of later come.
 */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { MemoryWatch } from "../support/memory.ts";
import { waitFor } from "../support/wait.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

/** By so much the server may grow while nobody takes its spans: its own load is most of it. */
const GROWTH_MIB = 200;

/** Notifications that have to be accepted in each state of the collector. */
const LEAST = 50;

export const traced: readonly Scenario[] = ["deno", "node"].map((listener) => ({
  name: `collector of traces hangs and dies, ${listener}`,
  run: (context) => run(context, listener),
}));

async function run(context: FaultContext, listener: string): Promise<Report> {
  await using collector = new Collector();
  const env = { APP_LISTENER: listener, ...collector.env };
  await using stage = await Stage.open(context, { nodes: 1, env });
  const { load, cluster, audience } = stage;
  const accepts = async (what: string) => {
    const goal = load.accepted + LEAST;
    await passed(context.seconds / 4);
    await waitFor(`the load goes on while the collector ${what}`, () => load.accepted >= goal);
    stage.tell(`the collector ${what}`);
  };
  collector.state = "answers";
  await waitFor("spans come", () => collector.taken > 0);
  await accepts("answers");
  using memory = new MemoryWatch(cluster.program(0).pid);
  collector.state = "hangs";
  await waitFor("it is asked", () => collector.hanging > 0);
  await accepts("hangs");
  await collector.die();
  await accepts("is away");
  collector.begin();
  const before = collector.taken;
  await accepts("is back");
  await waitFor("spans come again", () => collector.taken > before);
  const grown = Math.round(memory.grown);
  assert.ok(grown < GROWTH_MIB, `it grew by ${grown} MiB`);
  assert.deepEqual(audience.endings, [], "somebody was cut off");
  assert.equal(load.refused + load.unanswered, 0, "something was refused");
  return await stage.finish(`${collector.taken} times spans; it grew by ${grown} MiB`);
}

/** What takes spans, or does not. */
class Collector implements AsyncDisposable {
  state: "answers" | "hangs" = "answers";
  /** How often spans were taken. */
  taken = 0;
  /** How many requests were left without an answer. */
  hanging = 0;
  readonly #port = freePort();
  #ending = Promise.withResolvers<void>();
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;

  constructor() {
    this.begin();
  }

  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    };
  }

  begin(): void {
    this.state = "answers";
    this.#ending = Promise.withResolvers();
    const stop = new AbortController();
    this.#ending.promise.then(() => stop.abort());
    this.#server = Deno.serve({
      ...{ port: this.#port, hostname: "127.0.0.1", signal: stop.signal, onListen() {} },
    }, async (request) => {
      if (this.state === "hangs") {
        this.hanging++;
        await this.#ending.promise;
      }
      await request.body?.cancel();
      if (request.url.endsWith("/v1/traces")) this.taken++;
      return Response.json({});
    });
  }

  /** Nobody listens any more, and who waits for an answer is cut off. */
  async die(): Promise<void> {
    this.#ending.resolve();
    await this.#server?.finished;
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.die();
  }
}
