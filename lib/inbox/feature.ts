/** Notifications and the inboxes that they wait in, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { Rooms } from "../rooms/rooms.ts";
import { inboxCommands } from "./commands.ts";
import { InboxDelivery } from "./delivery.ts";
import { InboxService } from "./inbox.ts";
import { Notifier } from "./notify.ts";
import { scheduler } from "./scheduler.ts";

export const inbox: Feature = {
  name: "inbox",
  open({ node, engine: { inbox, schedule }, use }) {
    const { counters } = node;
    const rooms = use(Rooms);
    const service = new InboxService({ inbox, schedule });
    const delivery = new InboxDelivery(node, inbox);
    const notifier = new Notifier({
      inbox,
      schedule,
      counters,
      isOnline: async (...place) => await rooms.connection(...place) !== undefined,
    });
    rooms.listen(delivery);
    return {
      services: [service, delivery, notifier],
      commands: inboxCommands(service),
      kinds: delivery.kinds,
      connection: delivery,
      restore: delivery,
      tasks: [scheduler(schedule, counters)],
      [Symbol.asyncDispose]: () => delivery.flush(),
    };
  },
};
