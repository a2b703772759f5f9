/** A real nginx with TLS, with a site's configuration as a document has it. */
import assert from "node:assert/strict";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait.ts";

/** In place of documented timeouts, which no test can wait for. */
export const NGINX_TIMEOUT_SECONDS = 2;

export class Nginx implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #ports: { readonly http: number; readonly https: number };
  readonly #certificate: string;

  private constructor(
    folder: string,
    child: Deno.ChildProcess,
    ports: { readonly http: number; readonly https: number },
    certificate: string,
  ) {
    this.#folder = folder;
    this.#child = child;
    this.#ports = ports;
    this.#certificate = certificate;
  }

  /**
   * Starts nginx with a documented site, but for ports, certificate and timeouts.
   *
   * @param text the site's configuration, for a server at port 7000
   * @param server the port in place of that one
   */
  static async start(text: string, server: number): Promise<Nginx> {
    const path = await Deno.makeTempDir({ prefix: "notifyli-nginx-" });
    const ports = { http: freePort(), https: freePort() };
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-days", "2", "-subj", "/CN=your-domain.com"],
      ...["-addext", "subjectAltName=DNS:your-domain.com,IP:127.0.0.1"],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-keyout", `${path}/privkey.pem`, "-out", `${path}/fullchain.pem`],
    ]);
    await Deno.mkdir(`${path}/.well-known/acme-challenge`, { recursive: true });
    await Deno.writeTextFile(`${path}/.well-known/acme-challenge/token`, "proof");
    await Deno.writeTextFile(`${path}/site.conf`, site(text, path, ports, server));
    await Deno.writeTextFile(`${path}/nginx.conf`, mainConfig(path));
    const args = ["-p", path, "-e", "stderr", "-c", `${path}/nginx.conf`];
    await run("nginx", [...args, "-t"]);
    const child = new Deno.Command("nginx", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const certificate = await Deno.readTextFile(`${path}/fullchain.pem`);
    const nginx = new Nginx(path, child, ports, certificate);
    await waitFor("nginx answers", async () => (await nginx.get("http", "/")).status);
    return nginx;
  }

  /** Asks nginx by the documented name, at the address of this machine. */
  async get(
    scheme: "http" | "https",
    path: string,
  ): Promise<{ status: number; location: string | null; body: string }> {
    using client = this.httpClient();
    const response = await fetch(`${scheme}://127.0.0.1:${this.#ports[scheme]}${path}`, {
      client,
      headers: { host: "your-domain.com" },
      redirect: "manual",
    });
    const { status, headers } = response;
    return { status, location: headers.get("location"), body: await response.text() };
  }

  get url(): string {
    return `https://127.0.0.1:${this.#ports.https}`;
  }

  /** Where it speaks no TLS. */
  get httpUrl(): string {
    return `http://127.0.0.1:${this.#ports.http}`;
  }

  httpClient(): Deno.HttpClient {
    return Deno.createHttpClient({ caCerts: [this.#certificate], allowHost: true });
  }

  connect(path: string, headers: Record<string, string>): WebSocket {
    return new WebSocket(`wss://127.0.0.1:${this.#ports.https}${path}`, {
      ca: this.#certificate,
      headers: { host: "your-domain.com", ...headers },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function site(
  text: string,
  folder: string,
  ports: { readonly http: number; readonly https: number },
  server: number,
): string {
  return text.replaceAll(/^ *listen \[::\].*$/gm, "") // not every machine has IPv6
    .replace("listen 80;", `listen 127.0.0.1:${ports.http};`)
    .replace("listen 443 ssl;", `listen 127.0.0.1:${ports.https} ssl;`)
    .replaceAll("/etc/letsencrypt/live/your-domain.com", folder)
    .replaceAll("/var/www/html", folder)
    .replaceAll("http://127.0.0.1:7000", `http://127.0.0.1:${server}`)
    .replaceAll(/_timeout \d+s;/g, `_timeout ${NGINX_TIMEOUT_SECONDS}s;`);
}

function mainConfig(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  // Root's test folder is for root alone; where the user is another, nginx takes no notice of `user`.
  return `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 64; }
http { access_log off; ${temporary} include ${folder}/site.conf; }
`;
}

async function run(program: string, args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}
