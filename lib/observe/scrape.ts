/** What one look of Prometheus at this node gives: all families, of which some are asked for first. */
import { pause } from "../base/clock.ts";
import type { Family, Metrics } from "../core/metrics.ts";
import { SharedReads } from "../base/shared_reads.ts";
import { exposition } from "./exposition.ts";
import { familyOf } from "./families.ts";

/** How long a look waits for what is asked for: what takes longer is left out, since a look that fails shows nothing at all. */
const ASKING_MS = 2000;

export class Scrape {
  readonly #metrics: Metrics;
  readonly #reads = new SharedReads<string>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** The figures as text. Those who ask while another's figures are asked for get the same, or the next. Never rejects. */
  read(): Promise<string> {
    return this.#reads.read("", () => this.#read());
  }

  async #read(): Promise<string> {
    const asked = new Map<Family, boolean>();
    const decided = new AbortController();
    const refreshed = Promise.all(
      this.#metrics.families.filter(({ refresh }) => refresh !== undefined).map(async (family) => {
        asked.set(family, false);
        await family.refresh?.().then(() => asked.set(family, true), () => {});
      }),
    );
    await Promise.race([refreshed, pause(ASKING_MS, decided.signal)]);
    decided.abort();
    const families = this.#metrics.families.filter((family) => asked.get(family) ?? true);
    return exposition([...[...this.#metrics].map(familyOf), ...families]);
  }
}
