/** Keeps the reports of a node that is the only one. */
import {
  type HistoryPoint,
  MOST_POINTS,
  type NodeReport,
  type ReportStore,
  type SeenReport,
} from "./report.ts";

export class MemoryReports implements ReportStore {
  #last: { readonly report: NodeReport; readonly seenAt: number } | undefined;
  /** The last `MOST_POINTS`. */
  #history: HistoryPoint[] = [];

  write(report: NodeReport, point?: HistoryPoint): Promise<void> {
    this.#last = { report, seenAt: Date.now() };
    if (point !== undefined && this.#history.push(point) > MOST_POINTS) this.#history.shift();
    return Promise.resolve();
  }

  read(): Promise<SeenReport[]> {
    if (this.#last === undefined) return Promise.resolve([]);
    return Promise.resolve([{ ...this.#last, silentMs: Date.now() - this.#last.seenAt }]);
  }

  histories(nodes: readonly string[]): Promise<ReadonlyMap<string, readonly HistoryPoint[]>> {
    const { id = "" } = this.#last?.report ?? {};
    return Promise.resolve(new Map(nodes.includes(id) ? [[id, this.#history]] : []));
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}
