/** What the rows of files have in common: servers that take and give files, each in its own way, and transfers of them. */
import type { TransferFigures, TransferLoad } from "./loads/transfer.ts";
import { runLoad } from "./run_load.ts";
import {
  type ListenerName,
  type Server,
  startBareFiles,
  startNginx,
  startNotifyliWithApiKey,
} from "./servers.ts";

export const LISTENERS: readonly ListenerName[] = ["deno", "node"];

/** Up, and down again. */
export const WAYS = ["up", "down"] as const;
export type Way = typeof WAYS[number];

/** A server that files are brought to and had from. */
export interface FileServer extends AsyncDisposable {
  readonly name: string;
  readonly server: Server;
  /** Where the files go, each by its name; absent where it takes none. */
  readonly up?: Pick<TransferLoad, "method" | "headers"> & { path(name: string): string };
  /** Where a file is, by its name or by what was answered when it went up. */
  down(name: string, answer: string): string;
}

/** Files are many and large here: what limits them counts, and is never reached. */
const ENV = { FILES_MAX_BYTES: "off", FILES_SITE_COUNT: "10000000", FILES_SITE_BYTES: "10000g" };

export async function notifyliFiles(
  listener: ListenerName,
): Promise<FileServer & { readonly key: string }> {
  const server = await startNotifyliWithApiKey({ listener, env: ENV }, "files:write");
  return {
    name: `notifyli, ${listener} listener`,
    ...{ server, key: server.key },
    up: {
      method: "POST",
      headers: [`Authorization: Bearer ${server.apiKey}`],
      path: (name) => `/api/files?name=${name}`,
    },
    down: (_name, answer) => String(JSON.parse(answer).url),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export async function bareFiles(listener: ListenerName, folder: string): Promise<FileServer> {
  const server = await startBareFiles(listener, folder);
  return {
    ...{ name: `bare ${listener} loop`, server },
    up: { method: "PUT", headers: [], path: (name) => `/${name}` },
    down: (name) => `/${name}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** nginx gives out what others have put into the folder: Debian's takes no files. */
export async function nginxFiles(folder: string): Promise<FileServer> {
  const server = await startNginx(folder);
  return {
    ...{ name: "nginx", server },
    down: (name) => `/${name}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export interface Files {
  readonly names: readonly string[];
  readonly bytes: number;
  /** Each has one file on its way at a time. */
  readonly connections: number;
}

/** Resolves with the figures, whose answers tell where the files are. @param isNice as of {@linkcode runLoad} */
export async function bringUp(
  { up, server }: FileServer,
  { names, bytes, connections }: Files,
  { isNice = false } = {},
): Promise<TransferFigures> {
  if (up === undefined) throw new TypeError("It takes no files");
  const { method, headers } = up;
  return await transfer(
    server,
    { method, headers, bytes, connections },
    names.map(up.path),
    isNice,
  );
}

/** @param answers what was answered when the files went up, which need not be in their order */
export async function bringDown(
  { down, server }: FileServer,
  { names, connections }: Files,
  answers: readonly string[],
  { isNice = false } = {},
): Promise<TransferFigures> {
  const paths = names.map((name, index) => down(name, answers[index] ?? ""));
  return await transfer(
    server,
    { method: "GET", headers: [], bytes: 0, connections },
    paths,
    isNice,
  );
}

async function transfer(
  { ports, pids }: Server,
  what: Omit<TransferLoad, "port" | "pids" | "paths">,
  paths: readonly string[],
  isNice: boolean,
): Promise<TransferFigures> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, JSON.stringify(paths));
    const load: TransferLoad = { ...what, port: ports[0]!, pids, paths: file };
    const figures = await runLoad<TransferLoad, TransferFigures>("transfer", load, { isNice });
    if (figures.refused === 0) return figures;
    throw new Error(`${figures.refused} were refused: ${figures.answers[0]}`);
  } finally {
    await Deno.remove(file);
  }
}
