/**
 * Keeps the runtime from leaving a connection out. What is ready to be read or written it takes up in the order of a
 * queue, but in one turn only until two of it had to stop, and the first of these may have used up all that is read and
 * written in a turn: then the second got nothing and both go to the end of the queue. While a few peers send without end
 * (pings, say, which the runtime answers by itself) every second connection is a second one for ever: 20 seconds without
 * an answer were seen. Two messages of ours in the queue, one behind the other, are sure to have one of them stop in the
 * second place, and who was second before is first then.
 */

/** How often the places change: the longest that a connection is left out. It costs 0.1 % of a core. */
const EVERY_MS = 20;

export class FairPlaces implements Disposable {
  readonly #channels = [new MessageChannel(), new MessageChannel()];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    for (const { port2 } of this.#channels) port2.onmessage = () => {};
  }

  /** While there are connections that could be left out. */
  start(): void {
    this.#timer ??= setInterval(() => {
      for (const { port1 } of this.#channels) port1.postMessage(0);
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
    for (const { port1, port2 } of this.#channels) {
      port1.close();
      port2.close();
    }
  }
}
