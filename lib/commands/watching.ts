/** Reads what a running server shows whoever watches it, as its operator: for `top` and `trace`. */
import { StringDecoder } from "node:string_decoder";
import type { Config } from "../configuration.ts";
import { openAsOperator } from "./operator_call.ts";

/** A server says something every 15 s, if only that it is there. */
const SILENT_MS = 60_000;

export interface Watched {
  /** Such as `trace`, or `lost` where this was too slow. */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Yields what happens until the stream or the signal ends. Rejects where there is no server, it wants another proof, or as
 * many watch already as may.
 */
export async function* watching(
  config: Config,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Watched> {
  const path = `/api/watch?${new URLSearchParams(query)}`;
  const answer = await openAsOperator(config, { method: "GET", path, silentMs: SILENT_MS });
  const stop = () => void answer.destroy();
  signal.addEventListener("abort", stop);
  const decoder = new StringDecoder("utf8");
  let rest = "";
  try {
    for await (const chunk of answer) {
      const blocks = (rest + decoder.write(chunk)).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, name, data = "{}"] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (name !== undefined) yield { name, data: JSON.parse(data) };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    answer.destroy();
  }
}
