/** How much memory a server's objects take: it is asked by V8's inspector, after all garbage was collected. */
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait.ts";

/** Puts `--inspect` between `deno run` and what follows. */
const INSPECTED = 'deno="$1"; shift 2; exec "$deno" run "--inspect=127.0.0.1:$0" "$@"';

interface Answer {
  readonly id: number;
  readonly result: Readonly<Record<string, number>>;
}

/** The inspector of a program that is started with its wrapper. */
export class Heap implements Disposable {
  readonly #port: number;
  #socket: WebSocket | undefined;
  readonly #waiting = new Map<number, (result: Answer["result"]) => void>();
  #id = 0;

  constructor(port = freePort()) {
    this.#port = port;
  }

  /** Stands before the command of the program. */
  get wrapper(): string[] {
    return ["/bin/sh", "-c", INSPECTED, String(this.#port)];
  }

  /** Of all objects that are in use, with their buffers, in KiB. */
  async usedKiB(): Promise<number> {
    this.#socket ??= await this.#attach();
    // What the first collection gives free holds on to other things until then.
    for (let time = 0; time < 3; time++) await this.#call("HeapProfiler.collectGarbage");
    const usage = await this.#call("Runtime.getHeapUsage");
    return ((usage["usedSize"] ?? NaN) + (usage["backingStorageSize"] ?? 0)) / 1024;
  }

  [Symbol.dispose](): void {
    this.#socket?.close();
  }

  async #attach(): Promise<WebSocket> {
    const url = await waitFor("the inspector answers", async () => {
      const response = await fetch(`http://127.0.0.1:${this.#port}/json`);
      const [target] = await response.json();
      return target?.webSocketDebuggerUrl as string | undefined;
    });
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      const { id, result }: Answer = JSON.parse(data);
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    };
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("the inspector takes no connection"));
    });
    return socket;
  }

  #call(method: string): Promise<Answer["result"]> {
    const id = ++this.#id;
    const answer = new Promise<Answer["result"]>((resolve) => this.#waiting.set(id, resolve));
    this.#socket?.send(JSON.stringify({ id, method }));
    return answer;
  }
}
