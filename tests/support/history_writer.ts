/**
 * A process that publishes in a persistent room, one batch after the other, until it is killed. It prints a line for each
 * answer, and for each publication that it heard.
 */
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { CodedError } from "../../lib/base/errors.ts";
import { Script } from "./script.ts";

type Line =
  | { is: "accepted"; id: string; offset: number; epoch: string }
  | { is: "refused"; id: string; code: string }
  | { is: "heard"; id: string; offset: number };

const BATCH = 20;

/** The process as a test sees it. A line that is unfinished when the process is killed is not told to the test. */
export class HistoryWriter implements AsyncDisposable {
  readonly accepted: Extract<Line, { is: "accepted" }>[] = [];
  readonly refused: Extract<Line, { is: "refused" }>[] = [];
  readonly heard: Extract<Line, { is: "heard" }>[] = [];
  readonly #script: Script;

  /**
   * @param dataDir folder of the store
   * @param wrapper stands before the command, and runs it in its own place
   */
  constructor(dataDir: string, wrapper: readonly string[] = []) {
    const file = import.meta.filename ?? "";
    const run = [Deno.execPath(), "run", "--cached-only", "-A", file, dataDir];
    this.#script = new Script([...wrapper, ...run], {
      onLine: (line) => this.#take(JSON.parse(line)),
    });
  }

  kill(): Promise<void> {
    return this.#script[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #take(line: Line): void {
    switch (line.is) {
      case "accepted":
        return void this.accepted.push(line);
      case "refused":
        return void this.refused.push(line);
      case "heard":
        this.heard.push(line);
    }
  }
}

if (import.meta.main) {
  const tell = (line: Line) => console.log(JSON.stringify(line));
  const engine = openEmbedded({ dataDir: Deno.args[0] ?? ".", stored: [] });
  await engine.run({
    handlePublication: (_channel, { id }, position) =>
      tell({ is: "heard", id, offset: position?.offset ?? 0 }),
    handleRestored() {},
  });
  const run = crypto.randomUUID().slice(0, 8);
  const publish = async (id: string) => {
    const publication = { kind: "message", id, at: 5, message: `of ${id}` };
    try {
      const published = await engine.broker.publish(
        { site: "default", kind: "room", name: "lobby" },
        { ...publication, isClientsId: true },
        { size: 1_000_000, seconds: 3600, persistent: true },
      );
      tell({ is: "accepted", id, offset: published?.offset ?? 0, epoch: published?.epoch ?? "" });
    } catch (error) {
      tell({
        is: "refused",
        id,
        code: error instanceof CodedError ? error.code : String(error),
      });
    }
  };
  for (let batch = 0;; batch++) {
    const ids = Array.from({ length: BATCH }, (_, index) => `${run}-${batch}-${index}`);
    await Promise.all(ids.map(publish));
  }
}
