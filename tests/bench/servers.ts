/** The servers that are measured, each a process of its own. */
import { run, taskCommand } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import type { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import type { PeerName } from "./peers.ts";
import { peer } from "./peers.ts";

export interface Server extends AsyncDisposable {
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  /** With it, clients bring tokens. */
  readonly key?: string;
}

export interface Notifyli extends Server {
  readonly key: string;
}

export type ListenerName = "deno" | "node";

export interface NotifyliOptions {
  readonly listener: ListenerName;
  readonly redis?: RedisServer;
  readonly nodes?: number;
  /** By default a new one, which goes with the server. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly v8Flags?: string;
}

const KEY = "a key of the benchmark with 32 bytes";

/** One publisher says more in a second than any person: the limit counts, and is never reached. */
export const RAISED_LIMITS = {
  APP_RATE_MESSAGES: "10000000/10000000",
  APP_RATE_MESSAGES_USER: "10000000/10000000",
};

/** With tokens, limits, and history for recovery, the embedded store in a file: nothing is switched off. */
export async function startNotifyli(
  { listener, redis, nodes = 1, dataDir, env = {}, v8Flags }: NotifyliOptions,
): Promise<Notifyli> {
  const programs: Program[] = [];
  for (let node = 0; node < nodes; node++) {
    programs.push(
      await Program.start({
        dataDir,
        v8Flags,
        env: {
          APP_KEY: KEY,
          APP_LISTENER: listener,
          ...RAISED_LIMITS,
          ...redis?.env,
          ...env,
        },
      }),
    );
  }
  return {
    ports: programs.map(({ port }) => port),
    pids: programs.map(({ pid }) => pid),
    key: KEY,
    async [Symbol.asyncDispose]() {
      for (const program of programs) await program[Symbol.asyncDispose]();
    },
  };
}

/** With a key to the HTTP API, as a system that sends notifications has it. @param scope what the key is good for */
export async function startNotifyliWithApiKey(
  options: NotifyliOptions,
  scope = "publish",
): Promise<Notifyli & { readonly apiKey: string }> {
  const dataDir = await Deno.makeTempDir();
  const create = [...taskCommand("key"), "create", "--name", "bench", "--scope", scope];
  const env = { APP_KEY: KEY, APP_DATA_DIR: dataDir, ...options.redis?.env };
  const { stdout } = await run(create, { cwd: dataDir, env });
  const apiKey = /nk_\S+/.exec(stdout)?.[0];
  if (apiKey === undefined) throw new Error("'key create' printed no key");
  const server = await startNotifyli({ ...options, dataDir });
  return {
    ...server,
    apiKey,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** A bare loop of the same runtime that a listener stands on. */
export function startBare(listener: ListenerName): Promise<Server> {
  const script = `${ROOT}tests/bench/peers/bare_${listener === "deno" ? "deno" : "ws"}.ts`;
  return startScript(Deno.execPath(), ["run", "--cached-only", "-A", script]);
}

/** A bare loop of the same runtime that writes files into a folder, and gives them out. */
export function startBareFiles(listener: ListenerName, folder: string): Promise<Server> {
  const script = `${ROOT}tests/bench/peers/bare_files${listener === "deno" ? "" : "_node"}.ts`;
  return startScript(Deno.execPath(), ["run", "--cached-only", "-A", script, folder]);
}

/** nginx, which gives out the files of a folder, as it does by Debian's configuration. */
export async function startNginx(folder: string): Promise<Server> {
  const own = await Deno.makeTempDir();
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${own}/${name};`).join(" ");
  // Root's temporary folders are for root alone; where the user is another, nginx takes no notice of `user`.
  await Deno.writeTextFile(
    `${own}/nginx.conf`,
    `daemon off; user root; worker_processes 1; pid ${own}/nginx.pid;
events { worker_connections 768; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; ${temporary}
  server { listen 127.0.0.1:${port}; root ${folder}; } }
`,
  );
  const args = ["-p", own, "-e", "stderr", "-c", `${own}/nginx.conf`];
  const child = new Deno.Command("/usr/sbin/nginx", {
    ...{ args, stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  await waitFor("nginx listens", async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    connection?.close();
    return connection !== undefined;
  });
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "pid=", "--ppid", String(child.pid)],
  }).output();
  return {
    ports: [port],
    pids: [child.pid, ...new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number)],
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(own, { recursive: true });
    },
  };
}

/** A peer on Node. Rejects where it cannot be had. */
export async function startPeer(name: PeerName): Promise<Server> {
  const found = await peer(name);
  if (found.why !== undefined) throw new Error(found.why);
  return await startScript("node", [found.script]);
}

/** Starts a script that prints its port. */
async function startScript(program: string, args: readonly string[]): Promise<Server> {
  const child = new Deno.Command(program, { args: [...args], stdin: "null", stdout: "piped" })
    .spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  if (value === undefined) throw new Error(`${args.at(-1)} ended at once`);
  return {
    ports: [Number(value)],
    pids: [child.pid],
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([child.status, reader.cancel()]);
    },
  };
}
