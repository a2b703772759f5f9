/**
 * Serves `/metrics`, and nothing else, at an address of its own, to whoever reaches it. It is on `node:http`, since
 * `Deno.serve` takes no `Response` of the listener that has a class of its own for that.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { logFor } from "../base/log.ts";
import { reasonOf } from "../base/reason.ts";
import { HEADERS } from "./routes.ts";
import type { Scrape } from "./scrape.ts";
import type { Address } from "./settings.ts";

const log = logFor("metrics");

/** Rejects where the address cannot be listened on. */
export async function serveMetrics(address: Address, scrape: Scrape): Promise<AsyncDisposable> {
  const server = createServer((request, response) => void answer(request, response, scrape));
  await listening(server, address);
  const { hostname, port } = address;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  log.info("metrics are at {url}", { url: `http://${host}:${port}/metrics` });
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, { hostname, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const what = `metrics at APP_METRICS_ADDRESS=${hostname}:${port}`;
      reject(new Error(`Cannot serve ${what}: ${wordsOf(error)}`, { cause: error }));
    });
    server.listen(port, hostname, resolve);
  });
}

/** In words that are not taken for a failure of `APP_PORT`. */
function wordsOf(error: unknown): string {
  const reason = reasonOf(error);
  if (reason.includes("EADDRINUSE")) return "the address is in use";
  if (/EADDRNOTAVAIL|EINVAL/.test(reason)) return "it is not an address of this machine";
  return reason;
}

async function answer(
  { method, url = "" }: IncomingMessage,
  response: ServerResponse,
  scrape: Scrape,
): Promise<void> {
  const [path] = url.split("?");
  if (path !== "/metrics") {
    return refuse(response, 404, "not_found", "There is nothing here but /metrics");
  }
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    const message = `Cannot ${method} /metrics: allowed is GET, HEAD`;
    return refuse(response, 405, "method_not_allowed", message);
  }
  const text = method === "HEAD" ? "" : await scrape.read();
  response.writeHead(200, HEADERS);
  response.end(text);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code, message }));
}
