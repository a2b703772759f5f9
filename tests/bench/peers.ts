/** The peers from npm, installed once into a folder of their own: they are no part of this project. */
import { ROOT } from "../support/paths.ts";

/**
 * uWebSockets.js is not in npm's registry; this is an unofficial build of it that is, for Node 20 and older. Where it
 * does not load, `ws` on Node is compared in its place.
 */
const PACKAGES = {
  "@trufflesuite/uws-js-unofficial": "20.30.0-unofficial.0",
  "socket.io": "4.8.1",
  "ws": "8.18.3",
};

export type PeerName = "socketio" | "uws" | "ws";

/** What Node runs, or the reason why it cannot. */
export type Peer = { readonly script: string; readonly why?: never } | { readonly why: string };

let installed: Promise<string | undefined> | undefined;

/** The peer's script, ready to be run by Node. */
export async function peer(name: PeerName): Promise<Peer> {
  const failure = await (installed ??= install());
  if (failure !== undefined) return { why: failure };
  const script = `${FOLDER}${name}.cjs`;
  if (name !== "uws") return { script };
  const tried = await output("node", "-e", "require('@trufflesuite/uws-js-unofficial')");
  return tried === undefined ? { script } : { why: `uWebSockets.js does not load: ${tried}` };
}

const FOLDER = `${Deno.env.get("TMPDIR") ?? "/tmp"}/notifyli-bench-peers/`;

/** Resolves with the reason why it could not. */
async function install(): Promise<string | undefined> {
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const name of ["socketio", "uws", "ws"]) {
    await Deno.copyFile(`${ROOT}tests/bench/peers/${name}.cjs`, `${FOLDER}${name}.cjs`);
  }
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES });
  const present = await Deno.readTextFile(`${FOLDER}package.json`).catch(() => "");
  if (present === wanted) return undefined;
  await Deno.writeTextFile(`${FOLDER}package.json`, wanted);
  const failure = await output("npm", "install", "--silent", "--no-audit", "--no-fund");
  if (failure !== undefined) await Deno.remove(`${FOLDER}package.json`);
  return failure && `npm could not install the peers: ${failure}`;
}

/** What a command complained of in its last line; `undefined` where it succeeded. */
async function output(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const run = new Deno.Command(command, { args, cwd: FOLDER, stdin: "null", stderr: "piped" });
    const { success, stderr } = await run.output();
    if (success) return undefined;
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    return lines.find((line) => line.includes("Error")) ?? lines.at(-1) ?? "it failed";
  } catch (error) {
    return `${command}: ${error instanceof Error ? error.message : error}`;
  }
}
