/** Bounds what the logs of all topics of a node have at hand together. Past that, those give it up that were not read for longest. */
import type { LogAccount, TopicLog } from "./log.ts";

export class TopicCache implements LogAccount {
  readonly limit: number;
  /** The logs with events at hand: those that were not read for longest come first. */
  readonly #logs = new Set<TopicLog>();
  #bytes = 0;
  #events = 0;
  #isMakingRoom = false;

  /** @param limit bytes; `Infinity` for no limit */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** How many events are at hand. */
  get events(): number {
    return this.#events;
  }

  changed(log: TopicLog, bytes: number, events: number): void {
    this.#bytes += bytes;
    this.#events += events;
    if (events > 0) this.#logs.add(log);
    else if (log.length === 0) this.#logs.delete(log);
    if (bytes > 0 && !this.#isMakingRoom) this.#makeRoom(log);
  }

  /** The log is read. */
  touch(log: TopicLog): void {
    if (this.#logs.delete(log)) this.#logs.add(log);
    log.noteRead();
  }

  #makeRoom(grown: TopicLog): void {
    this.#isMakingRoom = true;
    for (const log of this.#logs) {
      if (this.#bytes <= this.limit) break;
      if (log !== grown) log.clear();
    }
    while (this.#bytes > this.limit && grown.cut());
    this.#isMakingRoom = false;
  }
}
