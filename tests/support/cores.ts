/** How busy the cores of this machine are, by whatever runs on it. */

/** The fields of a line of `/proc/stat` in which a core did nothing: idle, and idle while a disk is waited for. */
const IDLE = [3, 4];
/** User, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in the first ones. */
const ALL = 8;

export class Cores {
  readonly #before = timesOfCores();

  /** The share of all cores that had nothing to do since this was made; 0 where the system does not tell. */
  idleShare(): number {
    const times = timesOfCores().map((each, at) => each - this.#before[at]!);
    const all = times.reduce((sum, each) => sum + each, 0);
    return all > 0 ? IDLE.reduce((sum, at) => sum + times[at]!, 0) / all : 0;
  }
}

function timesOfCores(): number[] {
  try {
    const [line = ""] = Deno.readTextFileSync("/proc/stat").split("\n");
    return line.split(/\s+/).slice(1, 1 + ALL).map(Number);
  } catch {
    return []; // another system than Linux
  }
}
