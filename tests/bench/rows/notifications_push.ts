/** What pushes cost whom they are not for, and how many a server sends. */
import { WebPushService } from "../../support/push/web_push_service.ts";
import {
  besideEachOther,
  call,
  forEachUser,
  noneRefused,
  type Side,
  sideDetail,
  type SideSeen,
  startStoring,
  type StoreName,
  USERS,
} from "../notifications.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";
import type { ListenerName } from "../servers.ts";

const FIELDS = { message: "Your order has shipped.", room: "orders" };

const SIDES: readonly Side[] = [
  { name: "nobody has a device", fields: FIELDS },
  {
    name: "others of the site have devices",
    fields: FIELDS,
    async prepare(server) {
      await using service = new WebPushService();
      const token = service.subscribe();
      // Nothing is ever pushed to this user, who gets nothing.
      const { endpoint: _, keys } = token;
      const body = { provider: "web_push", token: { endpoint: "https://push.example/1", keys } };
      await call(server, "POST", `/users/${USERS + 1}/devices`, body);
    },
  },
];

const SETUPS: readonly { readonly listener: ListenerName; readonly store: StoreName }[] = [
  { listener: "deno", store: "embedded" },
  { listener: "deno", store: "Redis + PostgreSQL" },
];

/** Pushes of one notification for many. */
const TO_MANY = 1000;

const LEAST_PER_SECOND = 100;

export const notificationsPush: Row = {
  name: "notifications-push",
  question:
    "A notification where others have devices, beside one where nobody has; pushes a second",
  async measure(bench) {
    const all: { where: string; seen: SideSeen[]; perSecond: number }[] = [];
    for (const setup of SETUPS) {
      const where = `${setup.listener} listener, ${setup.store}`;
      const seen = await besideEachOther(bench, setup, SIDES);
      all.push({ where, seen, perSecond: await pushesPerSecond(bench, setup) });
    }
    return {
      checks: [
        ...all.flatMap(({ where, seen, perSecond }) => [
          {
            what: `${where}: server CPU without a device, to where nobody has one`,
            value: seen[1]!.cpuRatio,
            target: 1.05,
            is: "at most" as const,
          },
          {
            what: `${where}: pushes by Web Push`,
            ...{ value: perSecond, target: LEAST_PER_SECOND, is: "at least" as const, unit: "/s" },
          },
        ]),
        noneRefused(all.flatMap(({ seen }) => seen)),
      ],
      details: all.flatMap(({ where, seen, perSecond }) =>
        seen.map((each, side) => ({
          ...sideDetail(where, each),
          "pushes/s": side === 0 ? digits(perSecond) : "",
        }))
      ),
      notes: [
        `Pushes a second are those of a notification for ${TO_MANY} users with a device each, from when it is accepted until the ` +
        "last one is taken by a push service on the same machine, which decrypts nothing; each is encrypted for its device.",
      ],
    };
  },
};

async function pushesPerSecond(
  { rounds, progress }: Bench,
  { listener, store }: { readonly listener: ListenerName; readonly store: StoreName },
): Promise<number> {
  let taken = 0;
  let whenAll = () => {};
  await using service = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (asked) => {
      await asked.body?.cancel();
      if (++taken === TO_MANY) whenAll();
      return new Response(null, { status: 201 });
    },
  );
  await using browser = new WebPushService();
  await using server = await startStoring(listener, store, "publish,manage", {
    APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
  });
  const origin = `http://127.0.0.1:${service.addr.port}`;
  await forEachUser(TO_MANY, async (user) => {
    const { keys } = browser.subscribe();
    const token = { endpoint: `${origin}/${user}`, keys };
    await call(server, "POST", `/users/${user}/devices`, { provider: "web_push", token });
  });
  const users = Array.from({ length: TO_MANY }, (_, index) => index + 1);
  const rates: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    taken = 0;
    const done = new Promise<void>((resolve) => whenAll = resolve);
    const begun = performance.now();
    await call(server, "POST", "/notifications", { ...FIELDS, user_ids: users });
    await done;
    rates.push(TO_MANY / ((performance.now() - begun) / 1000));
    progress(`${listener}, ${store}: ${digits(rates.at(-1)!)} pushes/s (round ${round})`);
  }
  return median(rates, (rate) => rate);
}
