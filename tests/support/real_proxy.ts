/** Real proxies that add nothing to what they pass on, so that a server behind them takes all of it for local. */
import { freePort } from "./free_port.ts";
import { waitFor } from "./wait.ts";

/** How a proxy is configured for a port to listen on and the ports behind, and the command that runs it. */
interface Kind {
  readonly config: (folder: string, port: number, targets: readonly number[]) => string;
  readonly command: (folder: string, file: string) => string[];
}

/** @param path at which the server is; `uri` takes its place in what is passed on */
const nginx = (location: string, path = "/", uri = ""): Kind => ({
  config(folder, port, targets) {
    const servers = targets.map((target) => `server 127.0.0.1:${target};`);
    // Where nothing else is said, nginx passes on as host what its `proxy_pass` names.
    const host = targets.length === 1 ? `127.0.0.1:${targets[0]}` : "nodes";
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
    // nginx runs as root, whose test folder only root may read. Where the user is another, nginx ignores `user`.
    return `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 64; }
http { access_log off; ${temporary}
  upstream nodes { ${servers.join(" ")} }
  server { listen 127.0.0.1:${port}; location ${path} { proxy_pass http://${host}${uri}; ${location} } }
}
`;
  },
  command: (folder, file) => ["/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", file],
});

const haproxy = (mode: "http" | "tcp"): Kind => ({
  config: (_folder, port, targets) =>
    `defaults
  mode ${mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen notifyli
  bind 127.0.0.1:${port}
${targets.map((target) => `  server node${target} 127.0.0.1:${target}`).join("\n")}
`,
  command: (_folder, file) => ["/usr/sbin/haproxy", "-db", "-f", file],
});

const HOST = "proxy_set_header Host $http_host;";
const UPGRADES = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; " +
  'proxy_set_header Connection "upgrade";';

export const PROXIES = {
  "nginx's bare proxy_pass": nginx(""),
  "nginx with upgrades": nginx(UPGRADES),
  "haproxy without forwardfor": haproxy("http"),
  "haproxy in TCP mode": haproxy("tcp"),
} as const satisfies Record<string, Kind>;

/** Proxies that have the server at `/realtime/`, and pass on by which host they were called. */
export const PATH_PROXIES = {
  "nginx that cuts its path off": nginx(`${UPGRADES} ${HOST}`, "/realtime/", "/"),
  "nginx that passes its path on": nginx(`${UPGRADES} ${HOST}`, "/realtime/"),
} as const satisfies Record<string, Kind>;

const KINDS = { ...PROXIES, ...PATH_PROXIES };

export type ProxyName = keyof typeof PROXIES;

export class RealProxy implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;

  private constructor(port: number, folder: string, child: Deno.ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#child = child;
  }

  /** @param targets ports on 127.0.0.1, which are given connections in turn */
  static async start(name: keyof typeof KINDS, ...targets: number[]): Promise<RealProxy> {
    const folder = await Deno.makeTempDir();
    const { config, command }: Kind = KINDS[name];
    const port = freePort();
    await Deno.writeTextFile(`${folder}/proxy.conf`, config(folder, port, targets));
    const [program = "", ...args] = command(folder, `${folder}/proxy.conf`);
    const output = { stdin: "null", stdout: "null", stderr: "null" } as const;
    const proxy = new RealProxy(
      port,
      folder,
      new Deno.Command(program, { args, ...output }).spawn(),
    );
    await waitFor(`${name} listens`, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
      connection?.close();
      return connection !== undefined;
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
