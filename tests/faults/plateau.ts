/**
 * Memory under churn: clients come, join, are told something, acknowledge, leave; rooms come and go. A server that
 * keeps nothing of them reaches a plateau.
 */
import { connect } from "../../lib/sdk/mod.ts";
import { Program } from "../support/program.ts";
import { waitFor } from "../support/wait.ts";
import type { Random } from "./random.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

/** At any time so many clients come and go. */
const CHURNING = 16;
/** Who comes is one of these: what is kept for each user, such as an inbox, is not what is looked for. */
const USERS_A_SEAT = 25;
const ROOMS = 200;
/** So many say something; each message's id is known for ten minutes, so all of them would take long to a plateau. */
const SPEAKING = 0.2;
const SAMPLED_EVERY_SECONDS = 0.2;

/** The last third's median may be over the middle third's by so much; the first third is for warming up. */
const GROWTH_SHARE = 0.1;
const GROWTH_MIB = 8;

export const plateau: Scenario = { name: "memory plateau under churn", run };

const ENV = {
  APP_HISTORY: "*=20/1",
  // A small heap is collected often: a plateau is reached in seconds, and what is kept shows as well as in a large one.
  DENO_V8_FLAGS: "--max-semi-space-size=1,--max-old-space-size=40",
};

interface Counts {
  cycles: number;
  accepted: number;
  delivered: number;
}

async function run({ random, seconds, progress }: FaultContext): Promise<Report> {
  await using program = await Program.start({ env: ENV });
  const counts: Counts = { cycles: 0, accepted: 0, delivered: 0 };
  const endsAt = performance.now() + seconds * 1000;
  const samples: number[] = [];
  const sampling = setInterval(
    () => samples.push(residentMib(program.pid)),
    SAMPLED_EVERY_SECONDS * 1000,
  );
  try {
    await Promise.all(Array.from({ length: CHURNING }, async (_, seat) => {
      while (performance.now() < endsAt) {
        const userId = `churner${seat}-${random.integer(1, USERS_A_SEAT)}`;
        await churn(program, { userId, random, counts });
      }
    }));
  } finally {
    clearInterval(sampling);
  }

  const third = Math.floor(samples.length / 3);
  const [early, middle, late] = [0, 1, 2].map((index) =>
    median(samples.slice(index * third, (index + 1) * third))
  ) as [number, number, number];
  const bound = middle * (1 + GROWTH_SHARE) + GROWTH_MIB;
  const figures = `medians of thirds ${mib(early)}, ${mib(middle)}, ${mib(late)} MiB, ` +
    `bound ${mib(bound)} MiB`;
  progress(`${counts.cycles} clients came and went; ${figures}`);
  if (late > bound) throw new Error(`Memory grows: ${figures}; samples ${samples.map(mib)}`);
  return { ...counts, queued: 0, doubled: 0, notes: figures };
}

/** One client's life. */
async function churn(
  program: Program,
  { userId, random, counts }: { userId: string; random: Random; counts: Counts },
): Promise<void> {
  const room = `room ${random.integer(1, ROOMS)}`;
  const id = `churn-${crypto.randomUUID()}`;
  const client = connect({ url: program.webSocketUrl, userId });
  try {
    const seen = new Set<string>();
    client.on("notification", (notification) => seen.add(notification.id));
    client.subscribe(room, () => {}, { presence: true });
    if (random.chance(SPEAKING)) await client.publish(room, "Hello!");
    const response = await fetch(`${program.url}/api/users/${userId}/notifications`, {
      method: "POST",
      headers: { "Idempotency-Key": id },
      body: "Hello!",
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`A notification was answered with ${response.status}`);
    counts.accepted++;
    await waitFor("the notification is there", () => seen.has(id));
    await client.notifications.delete([...seen]); // else an inbox grows up to its limit
    counts.delivered++;
    counts.cycles++;
  } finally {
    client.close();
  }
}

function residentMib(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function mib(value: number): string {
  return value.toFixed(0);
}
