/** One server, killed with -9 again and again under load, on either engine. */
import { RedisServer } from "../support/redis.ts";
import { Audience, readInboxes } from "./audience.ts";
import { Cluster } from "./cluster.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const ONLINE = 40;
const OFFLINE = 60;
/** Of the users who were away, those who come back at the end; the others' inboxes are read. */
const COMING_BACK = 10;

export const serverKilled: readonly Scenario[] = [
  {
    name: "server killed under load, embedded",
    run: (context) => run(context, {}),
  },
  {
    name: "server killed under load, redis",
    async run(context) {
      await using redis = await RedisServer.start("--appendonly", "yes");
      return await run(context, redis.env);
    },
  },
];

async function run(
  { random, seconds, progress }: FaultContext,
  env: Readonly<Record<string, string>>,
): Promise<Report> {
  await using cluster = await Cluster.start({ nodes: 1, env });
  const ledger = new Ledger();
  const online = names("on", ONLINE);
  const offline = names("off", OFFLINE);
  const { urls, ports } = cluster;
  using audience = new Audience({ urls, users: online, ledger, random: random.fork() });
  await audience.allOnline();
  await using load = new Load({ ports, users: [...online, ...offline], ledger, random });

  let kills = 0;
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    await pause(random.between(0.3, 0.6) * seconds);
    await cluster.kill(0);
    kills++;
    await cluster.restart(0);
    progress(`killed ${kills} times, ${load.accepted} accepted, ${load.rate}/s`);
  }
  await load.end();

  using late = new Audience({ urls, users: offline.slice(0, COMING_BACK), ledger, random });
  await Promise.all([audience.settled(), late.settled()]);
  await readInboxes(urls[0] ?? "", [...online, ...offline], ledger);
  const troubles = [...audience.troubles, ...late.troubles];
  if (troubles.length > 0) progress(`told: ${troubles.slice(0, 3).join(", ")}`);
  return { ...ledger.check(), notes: `${kills} kills, ${load.rate}/s` };
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
