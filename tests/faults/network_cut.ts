/**
 * A client's network is cut for a while: its socket stands still, nobody is told, and what was under way is gone.
 * The library gets all that was sent meanwhile, once. A plain client of the base protocol acknowledges nothing: what it loses
 * depends on the listener.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const USERS = ["lib-1", "lib-2", "lib-3"];
const RATE = 200;
/** The server notices a silent peer within twice this. */
const KEEPALIVE_SECONDS = 1;

export const networkCut: readonly Scenario[] = ["deno", "node"].flatMap((listener) => [
  {
    name: `network of library clients cut, ${listener} listener`,
    run: (context: FaultContext) => cutLibraryClients(listener, context),
  },
  {
    name: `network of plain clients cut, ${listener} listener`,
    run: (context: FaultContext) => cutPlainClient(listener, context),
  },
]);

async function cutLibraryClients(
  listener: string,
  { random, seconds, progress }: FaultContext,
): Promise<Report> {
  await using program = await start(listener);
  await using proxy = new TcpProxy(program.port);
  const url = `ws://127.0.0.1:${proxy.port}/ws`;
  const ledger = new Ledger();
  using online = new DisposableStack();
  const users = USERS.map((user) => online.use(new OnlineUser(url, user, ledger)));
  for (const user of users) await user.isOnline();
  const load = { ports: [program.port], users: USERS, ledger, random, rate: RATE };
  await using sending = new Load(load);
  const accepts = async (count: number) => {
    const goal = sending.accepted + count;
    await waitFor(`${count} more are accepted`, () => sending.accepted >= goal);
  };
  await accepts(RATE * seconds / 4);
  proxy.freeze();
  await accepts(RATE * seconds / 4);
  await isNoticed(program);
  progress(`${ledger.missing(USERS)} are missing when the server has noticed`);
  await accepts(RATE * seconds / 4);
  const missing = ledger.missing(USERS);
  thaw(proxy);
  await accepts(RATE * seconds / 4);
  await sending.end();
  await waitFor("the users have theirs", () => ledger.missing(USERS) === 0);
  for (const user of USERS) ledger.left(user, await readInbox(program.webSocketUrl, user));
  assert.deepEqual(users.flatMap(({ gaps }) => gaps), []);
  return { ...ledger.check(), notes: `${missing} came after the cut` };
}

async function cutPlainClient(
  listener: string,
  { seconds, progress }: FaultContext,
): Promise<Report> {
  await using program = await start(listener);
  await using proxy = new TcpProxy(program.port);
  const join = async () => {
    const url = `ws://127.0.0.1:${proxy.port}/ws`;
    return await TestClient.join(url, { user: "plain", room: "/user/plain" });
  };
  await using first = await join();
  const before = await notifyMany(program, "before", 20 * seconds);
  await first.get("direct_message", before.length);
  await waitFor("these are known to have come", () => allSent(program, before));
  proxy.freeze();
  const during = await notifyMany(program, "during", 20 * seconds);
  await isNoticed(program);
  const after = await notifyMany(program, "after", 20 * seconds);
  thaw(proxy);
  await first.waitClosed();
  await using second = await join();
  await waitFor("nothing is queued any more", () => allSent(program, after));

  const got = [first, second].flatMap((client) => client.ofType("direct_message"))
    .map(({ id }) => String(id));
  const seen = new Set(got);
  const accepted = [...before, ...during, ...after];
  const lost = accepted.filter((id) => !seen.has(id));
  progress(`${lost.length} of ${during.length} were lost, ${got.length - seen.size} came twice`);
  assert.deepEqual(lost.filter((id) => !during.includes(id)), [], "only while it stood still");
  // Deno's own server does not tell its pongs: what the system took of a plain client's is taken to have arrived.
  if (listener === "node") assert.deepEqual(lost, []);
  const kept = [...before, ...after].filter((id) => seen.has(id));
  assert.deepEqual(got.filter((id) => kept.includes(id)), kept, "in order, each once");
  return {
    accepted: accepted.length - lost.length,
    delivered: seen.size,
    queued: 0,
    doubled: got.length - seen.size,
    notes: `${lost.length} of ${during.length} that were sent into the cut were lost`,
  };
}

async function start(listener: string): Promise<Program> {
  const env = {
    APP_LISTENER: listener,
    APP_KEEPALIVE_SECONDS: String(KEEPALIVE_SECONDS),
    APP_LIMIT_INBOX: "off",
  };
  return await Program.start({ env });
}

/** The server knows by itself that its peers are gone. */
async function isNoticed({ url }: Program): Promise<void> {
  await waitFor("the server has noticed", async () => {
    const stats: Record<string, number> = await (await fetch(`${url}/api/stats`)).json();
    return stats["clients"] === 0;
  });
}

/** The network is back: the old connections are not, nor is what was under way on them. */
function thaw(proxy: TcpProxy): void {
  proxy.cut();
  proxy.resume();
}

/** Resolves with the ids, each accepted before the next one is sent. */
async function notifyMany({ url }: Program, name: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${name}-${index}-of-plain`);
  for (const id of ids) {
    const headers = { "Idempotency-Key": id };
    const path = "/api/users/plain/notifications";
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: id });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
  }
  return ids;
}

/** Whether none of these waits for a client any more. */
async function allSent({ url }: Program, ids: readonly string[]): Promise<boolean> {
  const states = await Promise.all(ids.map(async (id) => {
    const { state } = await (await fetch(`${url}/api/notifications/${id}`)).json();
    return state;
  }));
  return !states.includes("queued");
}
