/** What it costs that a notification has a title, actions and all else, beside one that is a text. */
import { besideEachOther, noneRefused, type Side, sideDetail, STORES } from "../notifications.ts";
import type { Row } from "../row.ts";

const TEXT = { message: "Your order has shipped.", room: "orders" };

const SIDES: readonly Side[] = [
  { name: "a text", fields: TEXT },
  {
    name: "all fields",
    fields: {
      ...TEXT,
      title: "On its way",
      kind: "order.shipped",
      priority: 4,
      url: "https://example.com/orders/12345",
      icon: "https://example.com/box.png",
      tags: ["package", "order"],
      group: "order-12345",
      markdown: true,
      progress: 60,
      data: { order: 12345, carrier: "Post" },
      actions: [
        { action: "view", label: "Track it", url: "https://example.com/orders/12345" },
        { action: "reply", label: "Answer" },
      ],
    },
  },
];

/** As JSON, all fields are ten times as long as the text; each is read, checked and stored. */
const AT_MOST = 2;

export const notificationsRich: Row = {
  name: "notifications-rich",
  question: "A notification with all fields, beside one that is a text",
  async measure(bench) {
    const all = [];
    for (const store of STORES) {
      const seen = await besideEachOther(bench, { listener: "deno", store }, SIDES);
      all.push({ where: `deno listener, ${store}`, seen });
    }
    return {
      checks: [
        ...all.map(({ where, seen }) => ({
          what: `${where}: server CPU, to a text`,
          value: seen[1]!.cpuRatio,
          target: AT_MOST,
          is: "at most" as const,
        })),
        noneRefused(all.flatMap(({ seen }) => seen)),
      ],
      details: all.flatMap(({ where, seen }) => seen.map((each) => sideDetail(where, each))),
    };
  },
};
