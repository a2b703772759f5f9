/**
 * A real balancer with a recipe's own file, in which addresses, ports and the certificate alone are others: `your-domain.com` is
 * `localhost` here, and its certificate one of this test.
 */
import assert from "node:assert/strict";
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { Certificate } from "../support/certificate.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { waitFor } from "../support/wait.ts";

export type BalancerName = "haproxy" | "nginx" | "caddy";

interface Place {
  readonly folder: string;
  readonly http: number;
  readonly https: number;
  readonly nodes: readonly number[];
  readonly certificate: { readonly cert: string; readonly key: string };
}

interface Kind {
  /** The recipe's file. */
  readonly file: string;
  /** Writes what the program reads, and gives the program with its arguments. */
  prepare(text: string, place: Place): Promise<readonly string[]>;
}

const KINDS: Readonly<Record<BalancerName, Kind>> = {
  haproxy: {
    file: "deploy/haproxy/haproxy.cfg",
    async prepare(text, { folder, http, https, certificate: { cert, key } }) {
      await Deno.writeTextFile(`${folder}/both.pem`, cert + key);
      // HAProxy does not start where it may not have two descriptors for each.
      const config = text.replace("maxconn 60000", "maxconn 500")
        .replace("bind :80", `bind 127.0.0.1:${http}`)
        .replace("bind :443", `bind 127.0.0.1:${https}`)
        .replace("/etc/haproxy/your-domain.com.pem", `${folder}/both.pem`);
      await Deno.writeTextFile(`${folder}/haproxy.cfg`, config);
      return ["/usr/sbin/haproxy", "-db", "-f", `${folder}/haproxy.cfg`];
    },
  },
  nginx: {
    file: "deploy/nginx/notifyli.conf",
    async prepare(text, { folder, https, certificate: { cert, key } }) {
      await Deno.writeTextFile(`${folder}/fullchain.pem`, cert);
      await Deno.writeTextFile(`${folder}/privkey.pem`, key);
      const site = text.replace("listen 443 ssl;", `listen 127.0.0.1:${https} ssl;`)
        .replaceAll("/etc/letsencrypt/live/your-domain.com", folder);
      await Deno.writeTextFile(`${folder}/site.conf`, site);
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
      // Root's test folder is for root alone; where the user is another, nginx takes no notice of `user`.
      await Deno.writeTextFile(
        `${folder}/nginx.conf`,
        `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 256; }
http { access_log off; ${temporary} include ${folder}/site.conf; }
`,
      );
      return [
        ...["/usr/sbin/nginx", "-p", folder],
        ...["-e", "stderr", "-c", `${folder}/nginx.conf`],
      ];
    },
  },
  caddy: {
    file: "deploy/caddy/Caddyfile",
    async prepare(text, { folder, https, certificate: { cert, key } }) {
      await Deno.writeTextFile(`${folder}/cert.pem`, cert);
      await Deno.writeTextFile(`${folder}/key.pem`, key);
      // What a certificate authority would do is left to a certificate that is there.
      const site = text.replace(
        "your-domain.com {",
        `https://your-domain.com:${https} {\n\tbind 127.0.0.1\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
      );
      await Deno.writeTextFile(
        `${folder}/Caddyfile`,
        `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`,
      );
      return [
        ...["/usr/bin/caddy", "run"],
        ...["--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"],
      ];
    },
  },
};

export class Balancer implements AsyncDisposable {
  readonly #parts: AsyncDisposableStack;
  readonly #cert: string;
  readonly #ports: { readonly http: number; readonly https: number };

  private constructor(
    parts: AsyncDisposableStack,
    cert: string,
    ports: { readonly http: number; readonly https: number },
  ) {
    this.#parts = parts;
    this.#cert = cert;
    this.#ports = ports;
  }

  /** @param nodes ports of the three nodes that the recipes name */
  static async start(name: BalancerName, nodes: readonly number[]): Promise<Balancer> {
    await using parts = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir();
    parts.defer(() => Deno.remove(folder, { recursive: true }));
    const certificate = await parts.use(await Certificate.make()).read();
    const ports = { http: freePort(), https: freePort() };
    const { file, prepare } = KINDS[name];
    let text = await Deno.readTextFile(`${ROOT}${file}`);
    nodes.forEach((port, index) => {
      const address = `10.0.0.${11 + index}:7000`;
      assert.ok(text.includes(address), `${file} has no ${address}`);
      text = text.replaceAll(address, `127.0.0.1:${port}`);
    });
    const place = { folder, ...ports, nodes, certificate };
    const [program = "", ...args] = await prepare(text, place);
    await localNames(folder);
    const child = new Deno.Command(program, {
      args,
      env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    parts.defer(async () => {
      try {
        child.kill("SIGTERM");
      } catch { /* it has ended */ }
      await child.status;
    });
    const balancer = new Balancer(parts.move(), certificate.cert, ports);
    await waitFor(`${name} has nodes`, async () => {
      const answer = await balancer.get("/readyz").catch(() => undefined);
      return answer?.status === 200;
    });
    return balancer;
  }

  /** The port where http is answered, where the recipe has one. */
  get httpPort(): number {
    return this.#ports.http;
  }

  get url(): string {
    return `https://localhost:${this.#ports.https}`;
  }

  async get(path: string): Promise<{ status: number; body: string }> {
    using client = Deno.createHttpClient({ caCerts: [this.#cert], poolMaxIdlePerHost: 0 });
    const response = await fetch(`${this.url}${path}`, { client });
    return { status: response.status, body: await response.text() };
  }

  /** Posts JSON with a key, and resolves with the status. */
  async post(path: string, body: string, key: string): Promise<number> {
    using client = Deno.createHttpClient({ caCerts: [this.#cert], poolMaxIdlePerHost: 0 });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(`${this.url}${path}`, { method: "POST", headers, body, client });
    await response.body?.cancel();
    return response.status;
  }

  /** A WebSocket that trusts the certificate, for the client library as well. */
  get WebSocket() {
    const ca = this.#cert;
    return class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols, { ca });
      }
    };
  }

  connect(path: string, headers: Readonly<Record<string, string>>): WebSocket {
    return new WebSocket(`wss://localhost:${this.#ports.https}${path}`, "notifyli.v2", {
      ca: this.#cert,
      headers,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

/** Has the files that a recipe's program reads name this machine in place of `your-domain.com`. */
async function localNames(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || name.endsWith(".pem")) continue;
    const text = await Deno.readTextFile(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/${name}`, text.replaceAll("your-domain.com", "localhost"));
  }
}
