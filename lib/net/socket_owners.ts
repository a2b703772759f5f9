/**
 * Asks the operating system which process has a socket of this machine. It runs `ss` of iproute2, since the server itself
 * may read nothing of other processes. This works on Linux only.
 */
import { parseAddress } from "./addresses.ts";

/** Where distributions put `ss`. The server's permissions to run programs name these paths. */
const PROGRAMS = ["/usr/bin/ss", "/usr/sbin/ss"];

/** How long `ss` may take. A machine on which it takes longer does nothing else in time either. */
const TIMEOUT_MS = 5000;

export interface SocketOwner {
  readonly address: string;
  readonly port: number;
  readonly user: number;
  /** Names of the processes that have the socket; empty if they are another user's, or hide themselves. */
  readonly names: readonly string[];
  readonly pids: readonly number[];
  /** Whether the process has closed the socket, or ended. */
  readonly isGone: boolean;
}

export class SocketOwners {
  readonly #program: string;
  readonly #port: number;
  /** The user that the server runs as. */
  readonly user: number;

  private constructor(program: string, port: number, user: number) {
    this.#program = program;
    this.#port = port;
    this.user = user;
  }

  /**
   * Looks for the server's own listening socket, to see whether `ss` works here. Resolves with the reason if it does
   * not.
   */
  static async open(port: number): Promise<SocketOwners | string> {
    if (Deno.build.os !== "linux") return "only Linux tells whose a connection is";
    let reason = `${PROGRAMS.join(" or ")} is not there, or may not be run`;
    for (const program of PROGRAMS.filter(isAllowed)) {
      const listening = await owners(program, ["-l"], `sport = :${port}`);
      const own = listening?.find(({ pids }) => pids.includes(Deno.pid));
      if (own !== undefined) return new SocketOwners(program, port, own.user);
      if (listening !== undefined) reason = `${program} does not see the server's own socket`;
    }
    return reason;
  }

  /** The owners of the sockets that connect to the server from these ports; `undefined` if `ss` failed. */
  at(ports: readonly number[]): Promise<readonly SocketOwner[] | undefined> {
    const any = ports.map((port) => `sport = :${port}`).join(" or ");
    return owners(this.#program, [], `( ${any} ) and dport = :${this.#port}`);
  }
}

async function owners(
  program: string,
  options: readonly string[],
  filter: string,
): Promise<SocketOwner[] | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...options, "-Htnpe", filter],
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).output();
    return success ? parseOwners(new TextDecoder().decode(stdout)) : undefined;
  } catch {
    return undefined; // the program cannot be run, or took too long
  }
}

/** Reads what `ss -Htnpe` prints: a line for each socket, with `users:(("curl",pid=1,fd=5)) uid:1000 ino:7 …` at its end. */
export function parseOwners(text: string): SocketOwner[] {
  return text.split("\n").flatMap((line) => {
    const [, , , local = ""] = line.trim().split(/\s+/);
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(local) ?? [];
    const address = parseAddress(host.replace(/%[^:\]]+/, ""));
    if (address === undefined) return [];
    const holders = [...line.matchAll(/\("([^"]*)",pid=(\d+),fd=\d+\)/g)];
    return [{
      address,
      port: Number(port),
      user: Number(/ uid:(\d+)/.exec(line)?.[1] ?? 0), // the uid of root, 0, is not printed
      names: holders.map(([, name = ""]) => name),
      pids: holders.map(([, , pid]) => Number(pid)),
      isGone: / ino:0(?= |$)/.test(line),
    }];
  });
}

/** Whether the server may run a program. If it tried without the right, the runtime would ask on the terminal. */
function isAllowed(program: string): boolean {
  return Deno.permissions.querySync({ name: "run", command: program }).state === "granted";
}
