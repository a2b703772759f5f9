/** Looks at a process's memory from outside. Works on Linux alone. */
import { waitFor } from "./wait.ts";

/** How often a process's memory is looked at. */
const LOOK_EVERY_MS = 10;

/** How much memory a process has now, in MiB. */
export function residentMiB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** The most memory that a process ever had, or had since {@linkcode resetPeak}, in MiB. */
export function peakMiB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** Has the peak begin anew, at what the process has now (proc_pid_clear_refs(5)). */
export function resetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Watches how far a process's memory grows. */
export class MemoryWatch implements Disposable {
  readonly #pid: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly before: number;
  peak: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.before = this.peak = residentMiB(pid);
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  look(): void {
    this.peak = Math.max(this.peak, residentMiB(this.#pid));
  }

  /** How many MiB the memory was above its first size, at the most. */
  get grown(): number {
    this.look();
    return this.peak - this.before;
  }

  /** Resolves when the memory is within so many MiB of what it was at first. */
  async back(within: number): Promise<void> {
    await waitFor(
      `memory is within ${within} MiB of ${this.before} MiB`,
      () => residentMiB(this.#pid) - this.before < within,
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
