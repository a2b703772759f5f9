/** A message in a private conversation: it is on the disk before it is accepted or seen. */
import type { ChatLink } from "../../faults/chat_link.ts";
import { ChatServer, DATABASES, PAGE, privateWith } from "../chat.ts";
import { percentile } from "../loads/figures.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";

const GROUP = 1000;
const WARM_UP = 50;

interface Figures {
  readonly acceptedMs: number;
  readonly seenMs: number;
  readonly seenLateMs: number;
  readonly messages: number;
}

export const chatMessage: Row = {
  name: "chat-message",
  question: "A private message at a time, from sent to seen by the other, on each database",
  async measure(bench) {
    const seen = [];
    for (const database of DATABASES) {
      const figures = await rounds(bench, async () => {
        await using server = await ChatServer.start(database);
        const [arrived, onFrame] = counter();
        using sender = await server.enter("sender");
        using _receiver = await server.enter("receiver", onFrame);
        const conversation = await privateWith(sender, "receiver");
        return await oneByOne(bench, { sender, conversation, arrived, receivers: 1 });
      });
      bench.progress(`${database}: p50 ${digits(figures.seenMs)} ms`);
      seen.push({ database, ...figures });
    }
    return {
      checks: seen.flatMap(({ database, seenMs, seenLateMs }) => [
        { what: `${database}: p50`, value: seenMs, target: 5, is: "at most", unit: "ms" } as const,
        {
          ...{ what: `${database}: p99`, value: seenLateMs, target: 50 },
          ...{ is: "at most", unit: "ms" } as const,
        },
      ]),
      details: seen.map(detail),
      notes: ["One sender, who sends the next message when the last one was seen."],
    };
  },
};

export const chatGroup: Row = {
  name: "chat-group",
  question:
    "A message at a time in a group of 1,000 members who are all there, until the last one has it",
  async measure(bench) {
    const seen = [];
    for (const database of DATABASES) {
      const figures = await rounds(bench, async () => {
        await using server = await ChatServer.start(database);
        using people = new DisposableStack();
        const [arrived, onFrame] = counter();
        const sender = people.use(await server.enter("m0"));
        for (let member = 1; member < GROUP; member++) {
          people.use(await server.enter(`m${member}`, onFrame));
        }
        const conversation = await groupOf(sender);
        return await oneByOne(bench, { sender, conversation, arrived, receivers: GROUP - 1 });
      });
      bench.progress(`${database}: p50 ${digits(figures.seenMs)} ms`);
      seen.push({ database, ...figures });
    }
    return {
      checks: seen.map(({ database, seenMs }) => ({
        ...{ what: `${database}: p50`, value: seenMs, target: 150 },
        ...{ is: "at most", unit: "ms" } as const,
      })),
      details: seen.map(detail),
      notes: ["The generator reads 999 sockets with the runtime's own, which is most of the time."],
    };
  },
};

async function groupOf(sender: ChatLink): Promise<number> {
  const members = Array.from({ length: GROUP - 1 }, (_, index) => `m${index + 1}`);
  const made = await sender.command("conversation", {
    ...{ kind: "group", name: "All", members: members.slice(0, PAGE) },
  });
  const { id } = made["conversation"] as { readonly id: number };
  for (let first = PAGE; first < members.length; first += PAGE) {
    const add = members.slice(first, first + PAGE);
    await sender.command("conversation", { conversation: id, add });
  }
  return id;
}

async function rounds(bench: Bench, once: () => Promise<Figures>): Promise<Figures> {
  const all: Figures[] = [];
  for (let round = 0; round < bench.rounds; round++) all.push(await once());
  return median(all, ({ seenMs }) => seenMs);
}

/** Sends the next message when all receivers have the last one. */
async function oneByOne(
  { seconds }: Bench,
  { sender, conversation, arrived, receivers }: {
    readonly sender: ChatLink;
    readonly conversation: number;
    readonly arrived: (text: string, count: number) => Promise<void>;
    readonly receivers: number;
  },
): Promise<Figures> {
  const [accepted, seen]: [number[], number[]] = [[], []];
  let endsAt = Infinity;
  for (let count = 0; performance.now() < endsAt; count++) {
    if (count === WARM_UP) endsAt = performance.now() + seconds * 1000;
    const text = `number ${count}`;
    const all = arrived(text, receivers);
    const sentAt = performance.now();
    const answer = sender.command("message", { conversation, text })
      .then(() => performance.now() - sentAt);
    await all;
    const seenMs = performance.now() - sentAt;
    const acceptedMs = await answer;
    if (count < WARM_UP) continue;
    accepted.push(acceptedMs);
    seen.push(seenMs);
  }
  return {
    acceptedMs: percentile(accepted, 0.5),
    seenMs: percentile(seen, 0.5),
    seenLateMs: percentile(seen, 0.99),
    messages: seen.length,
  };
}

/** Counts new messages by their texts: resolves when one has arrived so often. */
function counter(): [
  arrived: (text: string, count: number) => Promise<void>,
  onFrame: (frame: Readonly<Record<string, unknown>>) => void,
] {
  let waiting: { text: string; left: number; resolve: () => void } | undefined;
  return [
    (text, left) => new Promise((resolve) => waiting = { text, left, resolve }),
    ({ type, message }) => {
      if (type !== "new_message" || waiting === undefined) return;
      if ((message as { readonly text?: string }).text !== waiting.text) return;
      if (--waiting.left === 0) waiting.resolve();
    },
  ];
}

function detail(
  { database, ...figures }: Figures & { readonly database: string },
): Record<string, string> {
  return {
    "database": database,
    "messages": digits(figures.messages),
    "accepted, median ms": digits(figures.acceptedMs),
    "seen, median ms": digits(figures.seenMs),
    "seen, p99 ms": digits(figures.seenLateMs),
  };
}
