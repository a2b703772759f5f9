/** The ways by which other systems bring things over Redis and RabbitMQ, as capabilities, and what ways share. */
import type { Metric } from "../core/metrics.ts";
import { redis as redisSettings } from "../engines/redis/settings.ts";
import type { Feature, Opened, Surroundings } from "../feature.ts";
import { Sendings } from "../inbox/sendings.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { Rooms } from "../rooms/rooms.ts";
import { amqpCounters, amqpUp } from "./amqp/metrics.ts";
import { amqp as amqpSettings } from "./amqp/settings.ts";
import { Topics } from "../topics/topics.ts";
import { RabbitDeadLetters, StreamDeadLetters } from "./asides.ts";
import { bridge as settings } from "./settings.ts";
import { TURN_FUNCTIONS } from "./functions.ts";
import {
  bridgeCounters,
  publicationStreamCounters,
  type StreamCounters,
  streamCounters,
} from "./metrics.ts";
import { Publications } from "./publications.ts";
import type { StreamReader } from "./stream_reader.ts";
import { StreamAside } from "./stream_aside.ts";
import { type IncomingStream, notificationStream, publicationStream } from "./streams.ts";

/** Publishes what comes by any way, for this folder's and for those of other capabilities. */
export const publicationsFeature = {
  name: "publications",
  open({ of, use }) {
    return {
      services: [new Publications({ rooms: use(Rooms), topics: use(Topics), limits: of(limits) })],
    };
  },
} satisfies Feature;

/** Takes in what other systems publish on the two channels. */
export const bridgeFeature = {
  name: "bridge",
  settings,
  functions: TURN_FUNCTIONS,
  async open({ engine: { storage }, of, use }) {
    const counters = bridgeCounters();
    const metrics = Object.values(counters);
    const [redis, channels] = [of(redisSettings), of(settings)];
    const services = [
      new StreamDeadLetters(
        new StreamAside(storage, { sendings: use(Sendings), publications: use(Publications) }),
      ),
    ];
    const clientConfig = () => ({ message_channel: channels?.messageChannel ?? "" });
    // Without Redis the metrics are shown, too: as 0.
    if (storage.kind !== "redis" || redis === undefined || channels === undefined) {
      return { services, metrics, clientConfig };
    }
    const { Bridge } = await import("../../bridge.ts");
    const options = { redis, counters, ...channels };
    const way = new Bridge(
      { sendings: use(Sendings), publications: use(Publications) },
      storage,
      options,
    );
    return {
      services,
      tasks: [{ name: "bridge", run: (signal) => way.run(signal) }],
      metrics,
      clientConfig,
      whyNotReady: () => way.whyNotReady(),
    };
  },
} satisfies Feature;

/** Takes in what other systems add to the stream of notifications. */
export const streamFeature = {
  name: "stream",
  functions: TURN_FUNCTIONS,
  open: (surroundings) => {
    const stream = notificationStream(surroundings.use(Sendings));
    return openStream(surroundings, stream, streamCounters());
  },
} satisfies Feature;

/** Takes in what other systems add to the stream of publications. */
export const publicationStreamFeature = {
  name: "publications stream",
  functions: TURN_FUNCTIONS,
  open: (surroundings) =>
    openStream(
      surroundings,
      publicationStream(surroundings.use(Publications)),
      publicationStreamCounters(),
    ),
} satisfies Feature;

/** Takes in what other systems put into a queue of RabbitMQ. */
export const amqpFeature = {
  name: "amqp",
  settings: amqpSettings,
  async open({ engine, of, use }) {
    const counters = amqpCounters();
    const config = of(amqpSettings);
    // Without RabbitMQ the metrics are shown, too: as 0.
    if (config === undefined) {
      return {
        services: [new RabbitDeadLetters(undefined)],
        metrics: [...Object.values(counters), amqpUp(() => false)],
      };
    }
    const { openAmqp } = await import("./amqp/open.ts");
    const { RabbitAside } = await import("./amqp/aside.ts");
    const reader = openAmqp(config, {
      counters,
      sendings: use(Sendings),
      publications: use(Publications),
      limits: of(limits),
      // Entries that are under way have half of the time that a stop may take.
      stopWaitMs: of(listeners).shutdownSeconds * 500,
      unready: () => engine.unready(),
    });
    return {
      services: [new RabbitDeadLetters(new RabbitAside(config))],
      tasks: [{ name: "amqp", run: (signal) => reader.run(signal) }],
      metrics: [...Object.values(counters), amqpUp(() => reader.isUp)],
    };
  },
} satisfies Feature;

async function openStream(
  { engine: { storage }, of }: Surroundings,
  stream: IncomingStream,
  counters: StreamCounters,
): Promise<Opened> {
  const metrics: readonly Metric[] = Object.values(counters);
  const redis = of(redisSettings);
  // Without Redis the metrics are shown, too: as 0.
  if (storage.kind !== "redis" || redis === undefined) return { metrics };
  const { StreamReader } = await import("./stream_reader.ts");
  let reader: StreamReader | undefined;
  return {
    tasks: [{
      name: stream.way,
      run: (signal) =>
        (reader = new StreamReader(stream, storage, { redis, counters })).run(signal),
    }],
    metrics,
    whyNotReady: () => reader?.whyNotReady(),
  };
}
