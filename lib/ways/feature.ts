/** The ways by which other systems bring things over Redis and RabbitMQ, as capabilities, and what ways share. */
import { redis as redisSettings } from "../engines/redis/settings.ts";
import type { Feature } from "../feature.ts";
import { Notifier } from "../inbox/notify.ts";
import { inbox } from "../inbox/settings.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { amqpCounters, amqpUp } from "./amqp/metrics.ts";
import { amqp as amqpSettings } from "./amqp/settings.ts";
import { Rooms } from "../rooms/rooms.ts";
import { bridge as settings } from "./settings.ts";
import { TURN_FUNCTIONS } from "./functions.ts";
import { bridgeCounters, streamCounters } from "./metrics.ts";
import { Publications } from "./publications.ts";
import type { StreamReader } from "./stream_reader.ts";

/** Publishes what comes by any way, for this folder's and for those of other capabilities. */
export const publicationsFeature = {
  name: "publications",
  open({ of, use }) {
    return { services: [new Publications({ rooms: use(Rooms), limits: of(limits) })] };
  },
} satisfies Feature;

/** Takes in what other systems publish on the message channel. */
export const bridgeFeature = {
  name: "bridge",
  settings,
  functions: TURN_FUNCTIONS,
  async open({ engine: { storage }, of, use }) {
    const counters = bridgeCounters();
    const metrics = Object.values(counters);
    const [redis, channel] = [of(redisSettings), of(settings)];
    const clientConfig = () => ({ message_channel: channel?.messageChannel ?? "" });
    // Without Redis the metrics are shown, too: as 0.
    if (storage.kind !== "redis" || redis === undefined || channel === undefined) {
      return { metrics, clientConfig };
    }
    const { Bridge } = await import("../../bridge.ts");
    const options = { redis, counters, limits: of(limits), ...of(inbox), ...channel };
    const way = new Bridge(use(Notifier), storage, options);
    return {
      tasks: [{ name: "bridge", run: (signal) => way.run(signal) }],
      metrics,
      clientConfig,
      whyNotReady: () => way.whyNotReady(),
    };
  },
} satisfies Feature;

/** Takes in what other systems add to the stream. */
export const streamFeature = {
  name: "stream",
  functions: TURN_FUNCTIONS,
  async open({ engine: { storage }, of, use }) {
    const counters = streamCounters();
    const metrics = Object.values(counters);
    const redis = of(redisSettings);
    // Without Redis the metrics are shown, too: as 0.
    if (storage.kind !== "redis" || redis === undefined) return { metrics };
    const { StreamReader } = await import("./stream_reader.ts");
    const notifier = use(Notifier);
    const options = { redis, counters, limits: of(limits), ...of(inbox) };
    let reader: StreamReader | undefined;
    return {
      tasks: [{
        name: "stream",
        run: (signal) => (reader = new StreamReader(notifier, storage, options)).run(signal),
      }],
      metrics,
      whyNotReady: () => reader?.whyNotReady(),
    };
  },
} satisfies Feature;

/** Takes in what other systems put into a queue of RabbitMQ. */
export const amqpFeature = {
  name: "amqp",
  settings: amqpSettings,
  async open({ engine, of, use }) {
    const counters = amqpCounters();
    const config = of(amqpSettings);
    // Without RabbitMQ the metrics are shown, too: as 0.
    if (config === undefined) return { metrics: [...Object.values(counters), amqpUp(() => false)] };
    const { openAmqp } = await import("./amqp/open.ts");
    const reader = openAmqp(config, {
      counters,
      notifier: use(Notifier),
      publications: use(Publications),
      limits: of(limits),
      ...of(inbox),
      // Entries that are under way have half of the time that a stop may take.
      stopWaitMs: of(listeners).shutdownSeconds * 500,
      unready: () => engine.unready(),
    });
    return {
      tasks: [{ name: "amqp", run: (signal) => reader.run(signal) }],
      metrics: [...Object.values(counters), amqpUp(() => reader.isUp)],
    };
  },
} satisfies Feature;
