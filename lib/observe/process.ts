/** Reads what the process costs: processor, memory, file descriptors, and how late its event loop is. */
import process from "node:process";
import type { Family, Sample } from "../core/metrics.ts";
import { LoopLagMeter } from "./loop_lag.ts";

/** What a process has used so far, and has. Memory is in bytes. */
export interface ProcessReading {
  readonly cpuSeconds: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
}

export class ProcessMeter implements Disposable {
  readonly lag: LoopLagMeter = new LoopLagMeter();
  /** Unix time in seconds. */
  readonly startedAt: number = performance.timeOrigin / 1000;

  read(): ProcessReading {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, heapTotal } = Deno.memoryUsage();
    return { cpuSeconds: (user + system) / 1e6, rss, heapUsed, heapTotal };
  }

  get families(): readonly Family[] {
    return [
      this.lag.histogram,
      this.#family(
        "counter",
        "process_cpu_seconds",
        "Processor time, in seconds.",
        () => this.read().cpuSeconds,
      ),
      this.#family(
        "gauge",
        "process_resident_memory_bytes",
        "Memory of the process.",
        () => this.read().rss,
      ),
      this.#family(
        "gauge",
        "process_start_time_seconds",
        "When it started, in Unix seconds.",
        () => this.startedAt,
      ),
      this.#family(
        "gauge",
        "process_heap_used_bytes",
        "Memory of the engine's objects.",
        () => this.read().heapUsed,
      ),
      this.#family(
        "gauge",
        "process_heap_bytes",
        "Memory that the engine has for objects.",
        () => this.read().heapTotal,
      ),
      this.#family("gauge", "process_open_fds", "File descriptors that are open.", openFiles),
    ];
  }

  [Symbol.dispose](): void {
    this.lag[Symbol.dispose]();
  }

  #family(
    type: "counter" | "gauge",
    name: string,
    help: string,
    read: () => number | undefined,
  ): Family {
    return { name, help, type, samples: () => sampleOf(read()) };
  }
}

/** Nothing where the system does not say. */
function sampleOf(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ value }];
}

/** Only a process that may do everything may look there. */
function openFiles(): number | undefined {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return undefined;
  }
}
