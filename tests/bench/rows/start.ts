/** How long a restart is felt: from the process to its first answered request, with what it compiled before. */
import { TcpSocket, waitUntil } from "../loads/sockets.ts";
import { startCommand } from "../../support/program.ts";
import { freePort } from "../../support/free_port.ts";
import { digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";

const STARTS_PER_ROUND = 3;
const DEADLINE_MS = 10_000;

export const start: Row = {
  name: "start",
  question: "From start to the first answered request, warm cache",
  async measure(bench) {
    await startOnce(); // warms the cache
    const seconds: number[] = [];
    for (let round = 0; round < bench.rounds * STARTS_PER_ROUND; round++) {
      seconds.push(await startOnce());
      bench.progress(`${digits(seconds.at(-1)!)} s`);
    }
    const middle = median(seconds, (one) => one);
    return {
      checks: [{ what: "median", value: middle, target: 0.5, is: "at most", unit: "s" }],
      details: [{
        "starts": String(seconds.length),
        "fastest s": digits(Math.min(...seconds)),
        "median s": digits(middle),
        "slowest s": digits(Math.max(...seconds)),
      }],
    };
  },
};

async function startOnce(): Promise<number> {
  const port = freePort();
  const folder = await Deno.makeTempDir();
  const startedAt = performance.now();
  const [program = "", ...args] = startCommand();
  const child = new Deno.Command(program, {
    args,
    env: { APP_PORT: String(port), APP_DATA_DIR: folder },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    if (!waitUntil(() => isAnswered(port), DEADLINE_MS)) throw new Error("It does not answer");
    return (performance.now() - startedAt) / 1000;
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

function isAnswered(port: number): boolean {
  let answered = false;
  try {
    const socket = new TcpSocket(port, (_buffer, end) => {
      answered = true;
      return end;
    });
    socket.send(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    waitUntil(() => answered, 1000);
    socket.close();
  } catch {
    // nobody listens yet
  }
  return answered;
}
