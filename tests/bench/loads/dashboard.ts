/**
 * Load of somebody who has the dashboard open. For each byte that it reads, it signs in, has the stream of events open as the page has
 * it, looks at a list each second, signs out, and prints a {@linkcode DashboardSlice}. At the end it asks for all lists again and
 * again, and prints {@linkcode DashboardFigures}. A process of its own. Takes {@linkcode DashboardLoad} as JSON.
 */
import { readEvents } from "../../../lib/dashboard/api/event_reader.ts";

export interface DashboardLoad {
  readonly port: number;
  /** With the scope `manage`. */
  readonly apiKey: string;
  /** How many nodes and connections there are: the figures are complete once they say so. */
  readonly nodes: number;
  readonly connections: number;
  /** For so long it is open in a slice. */
  readonly seconds: number;
  /** Paths of lists, which are looked at in turn. */
  readonly lists: readonly string[];
  /** How often each of them is asked for at the end. */
  readonly asks: number;
}

export interface DashboardSlice {
  /** From when the page was asked for until the stream had shown the figures of all nodes. */
  readonly liveMs: number;
  /** How many connections the stream showed last. */
  readonly connections: number;
}

export interface DashboardFigures {
  /** How long each answer took that was asked for at the end, in milliseconds, by the list's path. */
  readonly answers: Readonly<Record<string, readonly number[]>>;
}

interface NodesEvent {
  readonly nodes: readonly { readonly connections: number }[];
}

/** Between two looks at a list in a slice. */
const LOOK_MS = 1000;
/** Between two of those at the end: more often than the server walks through what is there. */
const ASK_MS = 100;

const load: DashboardLoad = JSON.parse(Deno.args[0] ?? "");
const ORIGIN = `http://127.0.0.1:${load.port}`;
const HEADERS = { "x-notifyli-admin": "1", "origin": ORIGIN };
let cookie = "";
let looks = 0;

console.log();
const byte = new Uint8Array(1);
while (Deno.stdin.readSync(byte) !== null) console.log(JSON.stringify(await slice()));
await signIn();
const answers: Record<string, number[]> = {};
for (let count = 0; count < load.asks; count++) {
  for (const list of load.lists) {
    const askedAt = performance.now();
    await get(`/admin/api${list}`);
    (answers[list] ??= []).push(performance.now() - askedAt);
    await pause(ASK_MS);
  }
}
await ask("DELETE", "/admin/session");
const figures: DashboardFigures = { answers };
console.log(JSON.stringify(figures));
Deno.exit(0);

async function slice(): Promise<DashboardSlice> {
  const openedAt = performance.now();
  const over = new AbortController();
  await get("/admin/");
  await get("/admin/session");
  await signIn();
  let [liveMs, connections] = [NaN, 0];
  const reading = follow(over.signal, ({ nodes }) => {
    connections = nodes.reduce((sum, node) => sum + node.connections, 0);
    const isComplete = nodes.length === load.nodes && connections >= load.connections;
    if (isComplete && Number.isNaN(liveMs)) liveMs = performance.now() - openedAt;
  });
  await get("/admin/api/nodes");
  while (performance.now() < openedAt + load.seconds * 1000) {
    await get(`/admin/api${load.lists[looks++ % load.lists.length]!}`);
    await pause(LOOK_MS);
  }
  over.abort();
  await reading;
  await ask("DELETE", "/admin/session");
  return { liveMs, connections };
}

async function follow(signal: AbortSignal, show: (event: NodesEvent) => void): Promise<void> {
  try {
    const { body } = await ask("GET", "/admin/api/watch?streams=nodes");
    // The runtime's `fetch` may forget its signal while the body is read.
    const stream = body!.pipeThrough(new TransformStream(), { signal });
    for await (const { name, data } of readEvents(stream, () => {})) {
      if (name === "nodes") show(JSON.parse(data));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function signIn(): Promise<void> {
  const response = await ask("POST", "/admin/session", {
    body: JSON.stringify({ key: load.apiKey }),
  });
  await response.text();
  cookie = (response.headers.get("set-cookie") ?? "").split(";")[0]!;
}

async function get(path: string): Promise<void> {
  await (await ask("GET", path)).text();
}

/** As the dashboard's own page does; rejects where the server refuses. */
async function ask(
  method: string,
  path: string,
  init: { readonly body?: string } = {},
): Promise<Response> {
  const headers = { ...HEADERS, ...(cookie !== "" && { cookie }) };
  const response = await fetch(`${ORIGIN}${path}`, { method, headers, ...init });
  if (response.ok) return response;
  throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
