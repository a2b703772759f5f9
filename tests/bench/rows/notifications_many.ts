/** One notification for 10,000 users: how long until all have it, and what others notice meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import { peakMiB, resetPeak, residentMiB } from "../../support/memory.ts";
import { cpuSeconds, percentile } from "../loads/figures.ts";
import type { RecipientsLoad, RecipientsSlice } from "../loads/recipients.ts";
import type { TalkLoad, TalkSlice } from "../loads/talk.ts";
import {
  call,
  forEachUser,
  type NotifyingServer,
  startStoring,
  type StoreName,
  STORES,
} from "../notifications.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median, SlicedLoad } from "../run_load.ts";

const RECIPIENTS = 10_000;
/** The recipients who are there have the ids from 1 on; these who are away have others. */
const AWAY_FROM = 1_000_000;
/** Those who talk meanwhile are no recipients, but for "everyone". */
const TALKERS_FROM = 2_000_000;
const TOPIC = "sport";
const SAID = { message: "Goal! It is 1:0 in the last minute.", title: "Goal", room: "sport" };

/** So many that the hundredth part of them says something, and far fewer than a server can do. */
const TALK = { clients: 20, messagesPerSecond: 200, seconds: 0.25 };
/** Before the notifications, and again after them: together for as long as they take. */
const QUIET_SLICES = 28;
const WARM_UP_SLICES = 8;

/** How often it is asked how many have been stored: seldom, since that is others' work, too. */
const LOOK_MS = 250;

/** To whom one goes, and whether they are there. */
const AUDIENCES = [
  { name: "user_ids, all away", to: { user_ids: idsFrom(AWAY_FROM) }, isThere: false },
  { name: "user_ids, all there", to: { user_ids: idsFrom(1) }, isThere: true },
  { name: "followers of a topic, all there", to: { topic: TOPIC }, isThere: true },
  { name: "everyone, all there", to: { everyone: true }, isThere: true },
] as const;

interface Seen {
  readonly store: StoreName;
  readonly audience: string;
  readonly acceptedMs: number;
  readonly storedSeconds: number;
  /** NaN where nobody is there. */
  readonly deliveredSeconds: number;
  readonly recipientsPerSecond: number;
  readonly cpuEach: number;
  readonly grownMiB: number;
  /** How long others' messages took meanwhile, in milliseconds, and without anything else. */
  readonly others: readonly number[];
  readonly quiet: readonly number[];
  readonly lost: number;
}

/** What was seen on one store. */
interface OnStore {
  readonly beside: readonly Seen[];
  /** Of all messages that others said in all rounds. */
  readonly othersMs: number;
  readonly quietMs: number;
  readonly aloneSeconds: number;
}

export const notificationsMany: Row = {
  name: "notifications-many",
  question: "One call for 10,000 users: until all are stored and delivered, and others meanwhile",
  async measure(bench) {
    const found = new Map<StoreName, OnStore>();
    for (const store of STORES) found.set(store, await measureOn(bench, store));
    const seen = [...found.values()].flatMap(({ beside }) => beside);
    return {
      checks: [
        ...[...found].flatMap(([store, { beside, othersMs, quietMs, aloneSeconds }]) => [
          {
            what: `${store}: others' p99, to that without`,
            value: othersMs / quietMs,
            ...{ target: 2, is: "at most" as const },
          },
          {
            what: `${store}: until all are stored and delivered, while others talk`,
            value: Math.max(...beside.map(secondsOf)),
            ...{ target: 20, is: "at most" as const, unit: "s" },
          },
          {
            what: `${store}: until all are stored and delivered, while nobody talks`,
            value: aloneSeconds,
            ...{ target: 10, is: "at most" as const, unit: "s" },
          },
        ]),
        {
          what: "not stored or not delivered",
          value: seen.reduce((sum, { lost }) => sum + lost, 0),
          ...{ target: 0, is: "at most" as const, unit: "in all" },
        },
      ],
      details: seen.map((of) => ({
        "server": `deno listener, ${of.store}`,
        "to": of.audience,
        "accepted ms": digits(of.acceptedMs),
        "all stored s": digits(of.storedSeconds),
        "all delivered s": digits(of.deliveredSeconds),
        "recipients/s": digits(of.recipientsPerSecond),
        "server CPU µs each": digits(of.cpuEach),
        "memory grown MiB": digits(of.grownMiB),
        "others' p99 ms": digits(p99(of.others)),
        "without, ms": digits(p99(of.quiet)),
      })),
      notes: [
        `The others are ${TALK.clients} in a room in which ${TALK.messagesPerSecond} messages are said a second; their times ` +
        "are from when a message was due. The recipients' connections are those of one process with the lowest priority: " +
        "elsewhere, they would take nothing of this machine.",
        "Others' p99 is that of all that they said in all rounds, to as many seconds without. A collection of the whole heap " +
        "takes a fifth of a second or so each 45,000 recipients: in one round alone, it would be the p99 of whatever it falls into.",
      ],
    };
  },
};

function secondsOf({ storedSeconds, deliveredSeconds }: Seen): number {
  return Number.isNaN(deliveredSeconds) ? storedSeconds : deliveredSeconds;
}

async function measureOn(bench: Bench, store: StoreName): Promise<OnStore> {
  await using server = await startStoring("deno", store, "publish,read,manage");
  const { ports, key } = server;
  const port = ports[0]!;
  await forEachUser(RECIPIENTS, (user) => call(server, "PUT", `/users/${user}/topics/${TOPIC}`));
  await using talk = await SlicedLoad.start<TalkLoad, TalkSlice>("talk", {
    ...{ ...TALK, port, key, from: TALKERS_FROM },
  });
  await using there = await SlicedLoad.start<RecipientsLoad, RecipientsSlice>("recipients", {
    ...{ port, key, users: RECIPIENTS, from: 1 },
  });
  await slices(talk, WARM_UP_SLICES);
  await once({ server, store, talk, there }, AUDIENCES[1]); // so that the code of it is compiled
  const rounds: Seen[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    for (const audience of AUDIENCES) {
      const seen = await once({ server, store, talk, there }, audience);
      rounds.push(seen);
      bench.progress(
        `${store}, ${seen.audience}: ${digits(secondsOf(seen))} s, others' p99 ` +
          `${digits(p99(seen.quiet))}, ${
            digits(p99(seen.others))
          } ms (round ${round} of ${bench.rounds})`,
      );
    }
  }
  const aloneSeconds = await secondsAlone({ server, there });
  bench.progress(`${store}, while nobody talks: ${digits(aloneSeconds)} s`);
  const beside = Object.values(Object.groupBy(rounds, ({ audience }) => audience)).map((each) => ({
    ...median(each!, secondsOf),
    others: each!.flatMap(({ others }) => others),
    quiet: each!.flatMap(({ quiet }) => quiet),
    lost: each!.reduce((sum, { lost }) => sum + lost, 0),
  }));
  return {
    ...{ beside, aloneSeconds },
    othersMs: p99(rounds.flatMap(({ others }) => others)),
    quietMs: p99(rounds.flatMap(({ quiet }) => quiet)),
  };
}

function p99(times: readonly number[]): number {
  return percentile([...times], 0.99);
}

async function secondsAlone({ server, there }: Pick<Setting, "server" | "there">): Promise<number> {
  const { to } = AUDIENCES[1];
  const delivery = there.slice();
  const startedAt = performance.now();
  await call(server, "POST", "/notifications", { ...SAID, ...to });
  const { delivered } = await delivery;
  if (delivered < RECIPIENTS) throw new Error(`Of ${RECIPIENTS}, ${delivered} have got it`);
  return (performance.now() - startedAt) / 1000;
}

interface Setting {
  readonly server: NotifyingServer;
  readonly store: StoreName;
  readonly talk: SlicedLoad<TalkSlice>;
  readonly there: SlicedLoad<RecipientsSlice>;
}

async function once(
  { server, store, talk, there }: Setting,
  { name, to, isThere }: typeof AUDIENCES[number],
): Promise<Seen> {
  const [pid] = server.pids as [number];
  const quiet = await slices(talk, QUIET_SLICES);
  const idle = residentMiB(pid);
  resetPeak(pid);
  const storedBefore = await storedBy(server);
  const cpuBefore = cpuSeconds(server.pids);
  let isDone = false;
  const heard: number[][] = [];
  const listening = (async () => {
    while (!isDone) heard.push([...await talk.slice()]);
    heard.pop(); // it was over in there
  })();
  listening.catch(() => {}); // likewise
  const delivery = isThere ? there.slice() : undefined;
  delivery?.catch(() => {}); // it is awaited below
  const startedAt = performance.now();
  const secondsNow = () => (performance.now() - startedAt) / 1000;
  const { id } = await call(server, "POST", "/notifications", { ...SAID, ...to });
  const acceptedMs = secondsNow() * 1000;
  const delivering = delivery?.then(({ delivered }) => ({ delivered, seconds: secondsNow() }));
  while (await storedBy(server) < storedBefore + RECIPIENTS && secondsNow() < 60) {
    await delay(LOOK_MS);
  }
  const storedSeconds = secondsNow();
  const { delivered, seconds } = await delivering ?? { delivered: RECIPIENTS, seconds: NaN };
  const took = Number.isNaN(seconds) ? storedSeconds : Math.max(seconds, storedSeconds);
  isDone = true;
  const cpuUsed = cpuSeconds(server.pids) - cpuBefore;
  const grownMiB = peakMiB(pid) - idle;
  await listening;
  const { stored } = await call(server, "GET", `/notifications/${id}`);
  quiet.push(...await slices(talk, QUIET_SLICES));
  return {
    ...{ store, audience: name, acceptedMs, storedSeconds, grownMiB },
    deliveredSeconds: seconds,
    recipientsPerSecond: RECIPIENTS / took,
    cpuEach: cpuUsed / RECIPIENTS * 1e6,
    ...{ quiet, others: heard.flat() },
    lost: Math.max(0, RECIPIENTS - Number(stored)) + RECIPIENTS - delivered,
  };
}

async function storedBy(server: NotifyingServer): Promise<number> {
  const stats = await call(server, "GET", "/stats");
  return Number(stats["broadcast_notifications"]);
}

async function slices(talk: SlicedLoad<TalkSlice>, count: number): Promise<number[]> {
  const all: number[] = [];
  for (let each = 0; each < count; each++) all.push(...await talk.slice());
  return all;
}

function idsFrom(first: number): readonly number[] {
  return Array.from({ length: RECIPIENTS }, (_, index) => first + index);
}
