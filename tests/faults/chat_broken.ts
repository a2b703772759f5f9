/**
 * Conversations while servers, PostgreSQL and Redis are killed: what was accepted is stored, each message once and at its
 * place, and each member who asks by the position for what was missed has exactly what is stored.
 */
import assert from "node:assert/strict";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { ChatLedger, type Noted } from "./chat_ledger.ts";
import { ChatLink, type Frame } from "./chat_link.ts";
import { ChatPerson, noted, type Place } from "./chat_person.ts";
import { Cluster } from "./cluster.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

/** An even number: there is one group of all, and each has a private conversation with the next one. */
const PEOPLE = 6;
const PAGE = 100;
/** Messages that are accepted before something is broken again. */
const LEAST_BETWEEN = 30;

/** What stands behind a server. */
interface Behind {
  readonly redis?: RedisServer;
  readonly postgres?: PostgresServer;
}

interface Scene extends Behind {
  readonly context: FaultContext;
  readonly cluster: Cluster;
  readonly people: readonly ChatPerson[];
  readonly ledger: ChatLedger;
}

/** Breaks something once, and mends it. */
type Break = (scene: Scene) => Promise<void>;

export const chatBroken: readonly Scenario[] = [
  {
    name: "conversations while the server is killed, SQLite",
    run: (context) => run(context, {}, { nodes: 1 }, killNode),
  },
  {
    name: "conversations while the server is killed, PostgreSQL",
    async run(context) {
      await using postgres = await PostgresServer.start();
      return await run(context, { postgres }, { nodes: 1 }, killNode);
    },
  },
  {
    name: "conversations while PostgreSQL is killed",
    async run(context) {
      await using postgres = await PostgresServer.start();
      return await run(context, { postgres }, { nodes: 1 }, killPostgres);
    },
  },
  {
    name: "conversations while Redis is killed",
    run: (context) => behindBoth(context, killRedis),
  },
  {
    name: "conversations while nodes are killed",
    run: (context) => behindBoth(context, killNode),
  },
  {
    name: "conversations while nodes are drained in turn",
    run: (context) => behindBoth(context, drainNextNode(), { APP_DRAIN_SECONDS: "1" }),
  },
];

async function behindBoth(
  context: FaultContext,
  breakOnce: Break,
  env: Readonly<Record<string, string>> = {},
): Promise<Report> {
  await using postgres = await PostgresServer.start();
  await using redis = await RedisServer.start();
  return await run(context, { postgres, redis }, { nodes: 2, env }, breakOnce);
}

async function run(
  context: FaultContext,
  behind: Behind,
  { nodes, env: more }: {
    readonly nodes: number;
    readonly env?: Readonly<Record<string, string>>;
  },
  breakOnce: Break,
): Promise<Report> {
  const { random, seconds, rate } = context;
  const { redis, postgres } = behind;
  const env = { APP_RATE_CHAT: "off", ...redis?.env, ...postgres?.env, ...more };
  await using cluster = await Cluster.start({ nodes, env });
  const ledger = new ChatLedger();
  await using parts = new AsyncDisposableStack();
  const people = Array.from({ length: PEOPLE }, (_, index) =>
    parts.use(
      new ChatPerson({ urls: cluster.urls, user: `p${index}`, ledger, random: random.fork() }),
    ));
  const conversations = await makeConversations(cluster.urls[0] ?? "", people);

  const scene = { ...behind, context, cluster, people, ledger };
  const ending = new AbortController();
  const talking = Promise.all(
    people.map((person) => person.talk(ending.signal, rate / PEOPLE)),
  );
  let breaks = 0;
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    const before = ledger.accepted;
    await waitFor("it goes", () => ledger.accepted >= before + LEAST_BETWEEN);
    await passed(random.between(0, 0.2) * seconds);
    await breakOnce(scene);
    context.progress(`broken ${++breaks} times, ${ledger.accepted} accepted`);
  }
  ending.abort();
  await talking;

  // Who died as it told of a message is made up for by the next one.
  for (const person of people) {
    for (const conversation of person.conversations) await person.send(conversation);
  }
  for (const person of people) {
    for (const conversation of person.conversations) {
      await waitFor(`${person.user} has all of ${conversation}`, () => {
        return ledger.missing(person.user, conversation) === 0;
      });
    }
  }
  for (const conversation of conversations) {
    const members = people.filter((person) => person.conversations.includes(conversation))
      .map(({ user }) => user);
    const stored = await readAll(cluster.urls[0] ?? "", members[0] ?? "", conversation);
    ledger.check(conversation, stored, members);
  }
  const sum = (of: (person: ChatPerson) => number) =>
    people.reduce((count, person) => count + of(person), 0);
  const refused = sum((person) => person.refused);
  const cuts = sum((person) => person.cuts);
  return ledger.report(`${breaks} times broken, ${refused} refused, ${cuts} connections ended`);
}

/** One group of all, and a private conversation of each two; everybody begins behind what made it. */
async function makeConversations(
  url: string,
  people: readonly ChatPerson[],
): Promise<readonly number[]> {
  const places: { readonly place: Place; readonly members: readonly ChatPerson[] }[] = [];
  const group = { kind: "group", name: "All" };
  places.push({ place: await conversationOf(url, people, group), members: people });
  for (let first = 0; first < people.length; first += 2) {
    const members = people.slice(first, first + 2);
    places.push({ place: await conversationOf(url, members, { kind: "private" }), members });
  }
  for (const person of people) {
    person.begin(
      places.filter(({ members }) => members.includes(person)).map(({ place }) => place),
    );
  }
  return places.map(({ place: { conversation } }) => conversation);
}

async function conversationOf(
  url: string,
  [maker, ...others]: readonly ChatPerson[],
  fields: Frame,
): Promise<Place> {
  using link = await linkOf(url, maker?.user ?? "");
  const members = others.map(({ user }) => user);
  const { conversation } = await link.command("conversation", { ...fields, members });
  const { id, offset, epoch } = conversation as Frame;
  return { conversation: Number(id), offset: Number(offset), epoch: String(epoch) };
}

async function readAll(url: string, user: string, conversation: number): Promise<Noted[]> {
  using link = await linkOf(url, user);
  const stored: Noted[] = [];
  let after = 0;
  for (let hasMore = true; hasMore;) {
    const page = await link.command("messages", { conversation, after, limit: PAGE });
    const messages = page["messages"] as Frame[];
    stored.push(...messages.filter(({ kind }) => kind !== "system").map(noted));
    after = Number(messages.at(-1)?.["offset"] ?? after);
    hasMore = page["has_after"] === true;
  }
  return stored;
}

async function linkOf(url: string, user: string): Promise<ChatLink> {
  const link = await ChatLink.open(url, () => {});
  if (link === undefined) throw new Error(`Nobody answers at ${url}`);
  await link.command("connect", { user_id: user });
  return link;
}

async function killNode({ cluster, context: { random } }: Scene): Promise<void> {
  const victim = random.integer(0, cluster.ports.length - 1);
  await cluster.kill(victim);
  await cluster.restart(victim);
}

/** Stops one node after the other, as an update does: people are told to go to the others before it ends. */
function drainNextNode(): Break {
  let next = 0;
  return async ({ cluster }) => {
    const node = next++ % cluster.ports.length;
    assert.equal(await cluster.kill(node, "SIGTERM"), 0, "the exit code");
    await cluster.restart(node);
  };
}

/** While PostgreSQL is away, what people send is refused, and the rooms go on. */
async function killPostgres({ postgres, cluster, people, context }: Scene): Promise<void> {
  const refused = () => people.reduce((count, person) => count + person.refused, 0);
  const before = refused();
  await postgres?.stop("SIGKILL");
  await waitFor("it is refused", () => refused() > before);
  const [url = ""] = cluster.urls;
  await using speaker = await TestClient.join(url, { user: "speaker", room: "1" });
  const message = `while it is away, ${context.random.integer(1, 1_000_000)}`;
  speaker.send({ type: "usermsg", user_id: "speaker", room: "1", message });
  const [heard] = await speaker.get("usermsg");
  assert.equal(heard?.["message"], message);
  await passed(context.random.between(0, 0.5));
  await postgres?.restart();
}

/** Who was told nothing while Redis was away is told by the next message, once the nodes hear each other again. */
async function killRedis({ redis, cluster, context: { random } }: Scene): Promise<void> {
  await redis?.stop("SIGKILL");
  await passed(random.between(0.2, 1));
  await redis?.restart();
  for (const node of cluster.ports.keys()) {
    await waitFor(`node ${node} is ready`, async () => {
      return (await readiness(cluster.program(node).url)).status === 200;
    });
  }
}
