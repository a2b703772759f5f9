/** A real Prometheus, on a port and in a folder of its own. */
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait.ts";

export class PrometheusServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: Deno.ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** @param config the path of its configuration */
  static async start(config: string): Promise<PrometheusServer> {
    const folder = await Deno.makeTempDir();
    const address = `127.0.0.1:${freePort()}`;
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}`,
        `--web.listen-address=${address}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const server = new PrometheusServer(`http://${address}`, child, folder);
    await waitFor("Prometheus is ready", async () => {
      const response = await fetch(`${server.url}/-/ready`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok ?? false;
    });
    return server;
  }

  /** How many series a query gives right now. Rejects with what is wrong with the query. */
  async count(query: string): Promise<number> {
    const response = await fetch(`${this.url}/api/v1/query`, {
      method: "POST",
      body: new URLSearchParams({ query }),
    });
    const { status, error, data } = await response.json();
    if (status !== "success") throw new Error(`${query}: ${error}`);
    return data.result.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
