/** Puts together what tells applications of events: what happens, the logs, and who is told. */
import { logFor } from "../../base/log.ts";
import { Conversations } from "../../conversations/conversations.ts";
import { Counter } from "../../core/metrics.ts";
import { every, type Task } from "../../core/task.ts";
import type { Database } from "../../engines/database/database.ts";
import { Acts } from "../../inbox/acts/acts.ts";
import type { Opened, Surroundings } from "../../feature.ts";
import { PushSender } from "../../push/sender.ts";
import { UserPresence } from "../../presence/user_presence.ts";
import { Rooms } from "../../rooms/rooms.ts";
import { WebhookSender } from "../sender.ts";
import type { HooksConfig } from "../settings.ts";
import { ActEvents } from "./acts.ts";
import { AppEvents } from "./app_events.ts";
import type { AppEvent } from "./event.ts";
import { EventCarrier, type EventWriter } from "./carrier.ts";
import { ConnectionEvents } from "./connections.ts";
import { ConversationEvents } from "./conversations.ts";
import type { DeadEvents } from "./dead_events.ts";
import { openEvents } from "./open.ts";
import { PushEvents } from "./pushes.ts";
import { webhookLag } from "../metrics.ts";
import { tellRoomChanges } from "./room_changes.ts";
import { SaidWitness } from "./said.ts";
import { type EventStore, STREAM } from "./store.ts";
import { UserEvents } from "./users.ts";
import type { Told } from "../hooks.ts";
import { EndpointCounters, eventsTelling } from "./telling.ts";

const log = logFor("events");

/** How often the stream is cut to its size. */
const TRIM_EVERY_MS = 1000;

export interface OpenEvents extends Required<Pick<Opened, "connection" | "metrics" | "restore">> {
  readonly events: AppEvents;
  readonly tasks: readonly Task[];
  /** The endpoints, for operators to see. */
  readonly told: readonly Told[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param options `stopWaitMs`: how long a stop waits for a request that is under way; `dead` keeps what is given up */
export async function openAppEvents(
  { node, engine, database, use }: Pick<Surroundings, "node" | "engine" | "database" | "use">,
  config: HooksConfig,
  { stopWaitMs, dead }: { readonly stopWaitMs: number; readonly dead: DeadEvents },
): Promise<OpenEvents> {
  const lost = new Counter("hook_lost", "Events that no log took, since the engine was away.");
  const hasLogs = config.endpoints.length > 0 || config.stream !== undefined;
  const store = hasLogs
    ? await openEvents(engine.storage, (count) => {
      lost.value += count;
      log.error("{count} events were lost: no log took them", { count });
    })
    : undefined;
  const names = config.endpoints.map(({ name }) => name);
  await store?.retain?.(names).catch(() => {}); // what cannot be written now is forgotten at a later start
  const events = new AppEvents(store);
  const told = config.endpoints.map((endpoint) =>
    tell(endpoint, { events, store: store!, config, stopWaitMs, dead })
  );
  const tasks = told.map(({ task }) => task);
  if (config.stream !== undefined) {
    const { choice, size } = config.stream;
    events.keep(STREAM, choice);
    tasks.push(
      every("size of the stream of events", TRIM_EVERY_MS, () => store?.trimStream?.(size)),
    );
  }
  const rooms = use(Rooms);
  rooms.witnessBy(new SaidWitness(events));
  tellRoomChanges(events, rooms, (logs) => store?.streamsOf?.(logs) ?? []);
  const carrier = new EventCarrier(database, events);
  const writer = ownWriter(store, database) ?? carrier;
  use(Conversations).listen(new ConversationEvents(events, writer));
  use(Acts).listen(new ActEvents(events, writer));
  use(PushSender).listen(new PushEvents(events, writer));
  if (hasLogs && writer === carrier) tasks.push(carrier.task);
  const users = new UserEvents(events, use(UserPresence), store);
  await users.follow();
  events.whenAsked(() => void users.follow());
  const connections = new ConnectionEvents(events);
  return {
    events,
    connection: {
      opened: (connection) => connections.opened(connection),
      closed: (connection) => connections.closed(connection),
    },
    restore: {
      restore: async () => await store?.restore(),
    },
    tasks,
    told: told.map(({ told }) => told),
    metrics: [
      ...(told.length === 0 ? new EndpointCounters().metrics() : []),
      ...told.flatMap(({ metrics }) => metrics),
      lost,
    ],
    async [Symbol.asyncDispose]() {
      await node.background.settled(); // users who leave rooms as their connections are closed are told of, too
      await carrier.flush();
      await store?.[Symbol.asyncDispose]();
    },
  };
}

/** Writes events into the logs themselves, where these are in the file that the database is in. */
function ownWriter(store: EventStore | undefined, { dialect }: Database): EventWriter | undefined {
  if (store?.statementsOf === undefined || dialect !== "sqlite") return undefined;
  return { statements: store.statementsOf.bind(store), stored() {} };
}

/** Tells one endpoint. */
function tell(
  endpoint: HooksConfig["endpoints"][number],
  { events, store, config, stopWaitMs, dead }: {
    readonly events: AppEvents;
    readonly store: EventStore;
    readonly config: HooksConfig;
    readonly stopWaitMs: number;
    readonly dead: DeadEvents;
  },
) {
  const { name, choice } = endpoint;
  events.keep(name, choice);
  const log = store.log(name);
  const counters = new EndpointCounters();
  const telling = eventsTelling(name, config.logSize);
  const keepDead = (given: readonly AppEvent[], reason: string) => dead.keep(name, given, reason);
  const sender = new WebhookSender(log, counters, { ...endpoint, telling, stopWaitMs, keepDead });
  const task: Task = { name: `endpoint ${name}`, run: (signal) => sender.run(signal) };
  const told: Told = {
    ...{ name, url: endpoint.url, events: choice.events ?? ["*"], counters },
    waiting: () => log.waiting,
    state: () => sender.state,
  };
  const lag = webhookLag(name, () => sender.state.oldestAt);
  return { task, told, metrics: [...counters.metrics(name, log), lag] };
}
