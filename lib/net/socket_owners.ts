/**
 * Asks the operating system whose a socket of this machine is, by `ss` of iproute2: the server itself may read nothing
 * of other processes. Linux alone.
 */
import { parseAddress } from "./addresses.ts";

/** Where distributions put it. The tasks may run these and no other. */
const PROGRAMS = ["/usr/bin/ss", "/usr/sbin/ss"];

/** A machine on which it takes longer does nothing else in time either. */
const TIMEOUT_MS = 5000;

export interface SocketOwner {
  readonly address: string;
  readonly port: number;
  readonly user: number;
  /** Names of the processes that hold it; none where they are another user's, or hide themselves. */
  readonly names: readonly string[];
  readonly pids: readonly number[];
  /** Its process has closed it, or ended. */
  readonly isGone: boolean;
}

export class SocketOwners {
  readonly #program: string;
  readonly #port: number;
  /** Whom the server runs as. */
  readonly user: number;

  private constructor(program: string, port: number, user: number) {
    this.#program = program;
    this.#port = port;
    this.user = user;
  }

  /**
   * Looks for the server's own listening socket, and so finds out whether others can be found. Resolves with the reason
   * where they cannot.
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

  /** Who holds the other ends that have these ports; `undefined` where it could not be found out. */
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
    return undefined; // it is no program that can run
  }
}

/** Reads what `ss -Htnpe` prints: a line for each socket, `users:(("curl",pid=1,fd=5)) uid:1000 ino:7 …` at its end. */
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
      user: Number(/ uid:(\d+)/.exec(line)?.[1] ?? 0), // root's is not printed
      names: holders.map(([, name = ""]) => name),
      pids: holders.map(([, , pid]) => Number(pid)),
      isGone: / ino:0(?= |$)/.test(line),
    }];
  });
}

/** Without the right to run it the runtime would ask for it on the terminal. */
function isAllowed(program: string): boolean {
  return Deno.permissions.querySync({ name: "run", command: program }).state === "granted";
}
