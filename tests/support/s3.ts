/** A real S3 server in a process of its own, and what stands before it and fails as networks and stores do. */
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { S3Config } from "../../lib/files/settings.ts";
import { freePort } from "./free_port.ts";
import { ROOT } from "./paths.ts";
import { waitFor } from "./wait.ts";

/** States of connections, as `/proc/net/tcp` has them. */
const LISTENS = "0A";
const HAS_ENDED = "06";

export const BUCKET = "a-bucket";
/** The key and the secret that the server knows. */
export const S3_KEY = "S3RVER";

export class S3Server implements AsyncDisposable {
  readonly port = freePort();
  readonly #folder: string;
  #process: Deno.ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<S3Server> {
    const server = new S3Server(await Deno.makeTempDir());
    await server.up();
    return server;
  }

  /** Starts it anew, with all that it had. */
  async up(): Promise<void> {
    const args = ["run", "--cached-only", "--no-prompt", `--config=${ROOT}deno.json`, "-A"];
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [...args, `${ROOT}tests/support/s3_server.ts`, `${this.port}`, this.#folder, BUCKET],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitFor("the S3 server answers", () => isUp(this.port));
  }

  /** As if its machine lost power. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  config(changed: Partial<S3Config> = {}): S3Config {
    return {
      endpoint: `http://127.0.0.1:${this.port}`,
      bucket: BUCKET,
      region: "us-east-1",
      key: S3_KEY,
      secret: S3_KEY,
      prefix: "",
      isDirect: false,
      memoryBytes: 256 * 1024 * 1024,
      ...changed,
    };
  }

  /** The keys of all objects, in order. */
  keys(): string[] {
    const root = `${this.#folder}/${BUCKET}`;
    return [...filesIn(root)].flatMap((path) => {
      const [, key] = /^(.*)\._S3rver_object$/.exec(path.slice(root.length + 1)) ?? [];
      return key ?? [];
    }).sort();
  }

  /** Multipart uploads that were neither joined nor thrown away. @param prefix that their keys begin with */
  multiparts(prefix = ""): string[] {
    const folder = `${this.#folder}/${BUCKET}/._S3rver_uploads`;
    if (!existsSync(folder)) return [];
    return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => {
      // A part that came after its upload was thrown away has none, which S3 itself would not have taken.
      const key = `${folder}/${name}/key`;
      return existsSync(key) && Deno.readTextFileSync(key).startsWith(prefix);
    });
  }

  /** Resolves once no client is connected: all is done then that clients had asked for which were killed. */
  async settled(): Promise<void> {
    const own = `:${this.port.toString(16).toUpperCase().padStart(4, "0")}`;
    await waitFor("no client is connected to the S3 server", async () => {
      const lines = (await Deno.readTextFile("/proc/net/tcp")).split("\n").slice(1);
      return !lines.some((line) => {
        const [, local = "", , state = ""] = line.trim().split(/\s+/);
        return local.endsWith(own) && ![LISTENS, HAS_ENDED].includes(state);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function isUp(port: number): Promise<boolean> {
  try {
    await (await fetch(`http://127.0.0.1:${port}/`)).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

/** What becomes of a request: an answer in its place, or a change to what passes; `undefined`: it passes. */
export type Fault =
  | { readonly kind: "answer"; readonly status: number; readonly body?: string }
  /** The connection is cut after as many bytes of the request, or of the answer. */
  | { readonly kind: "cut request" | "cut answer"; readonly after: number }
  /** The answer does not come, though the store has done it. */
  | { readonly kind: "lost answer" }
  | { readonly kind: "without header"; readonly name: string }
  | undefined;

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Passes requests on, but for those that it is told to spoil. */
export class FaultyProxy implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** Says what becomes of each request. */
  fault: (seen: Seen, count: number) => Fault = () => undefined;
  readonly port = freePort();
  readonly #target: number;
  readonly #server = createServer((incoming, answer) => this.#take(incoming, answer));

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await new Promise<void>((resolve) =>
      proxy.#server.listen(proxy.port, "127.0.0.1", () => resolve())
    );
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  #take(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = "", url = "" } = incoming;
    const headers = { ...incoming.headers };
    this.seen.push({ method, url, headers });
    const fault = this.fault({ method, url, headers }, this.seen.length);
    incoming.on("error", () => {});
    answer.on("error", () => {});
    if (fault?.kind === "answer") {
      incoming.resume();
      incoming.on("end", () => {
        answer.writeHead(fault.status, { "content-type": "application/xml" });
        answer.end(fault.body ?? "");
      });
      return;
    }
    if (fault?.kind === "without header") delete headers[fault.name];
    const cut = () => incoming.socket.destroy();
    const passed = request({ host: "127.0.0.1", port: this.#target, method, path: url, headers });
    passed.on("error", cut);
    passed.on("response", (response) => {
      response.on("error", cut);
      if (fault?.kind === "lost answer") {
        response.resume();
        response.on("end", cut);
        return;
      }
      answer.writeHead(response.statusCode ?? 500, response.headers);
      if (fault?.kind === "cut answer") cutAfter(response, fault.after, answer, cut);
      else response.pipe(answer);
    });
    if (fault?.kind === "cut request") {
      cutAfter(incoming, fault.after, passed, () => {
        passed.destroy();
        cut();
      });
    } else incoming.pipe(passed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function cutAfter(
  source: IncomingMessage,
  after: number,
  sink: { write(chunk: Uint8Array): unknown },
  cut: () => void,
): void {
  let left = after;
  source.on("data", (chunk: Uint8Array) => {
    if (left > 0) sink.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) setTimeout(cut, 10); // what was written leaves first
  });
  source.on("end", () => cut());
}
