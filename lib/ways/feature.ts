/** The ways by which other systems bring notifications over Redis, as capabilities of the server. */
import { redis as redisSettings } from "../engines/redis/settings.ts";
import type { Feature } from "../feature.ts";
import { Notifier } from "../inbox/notify.ts";
import { inbox } from "../inbox/settings.ts";
import { limits } from "../limits/settings.ts";
import { bridge as settings } from "./settings.ts";
import { TURN_FUNCTIONS } from "./functions.ts";

/** What is published on the message channel. */
export const bridge = {
  name: "bridge",
  settings,
  functions: TURN_FUNCTIONS,
  async open({ node, engine: { storage }, of, use }) {
    const [redis, channel] = [of(redisSettings), of(settings)];
    if (storage.kind !== "redis" || redis === undefined || channel === undefined) return undefined;
    const { Bridge } = await import("../../bridge.ts");
    const { counters } = node;
    const options = { redis, counters, limits: of(limits), ...of(inbox), ...channel };
    const way = new Bridge(use(Notifier), storage, options);
    return {
      tasks: [{ name: "bridge", run: (signal) => way.run(signal) }],
      whyNotReady: () => way.whyNotReady(),
    };
  },
} satisfies Feature;

/** What is added to the stream. */
export const stream = {
  name: "stream",
  functions: TURN_FUNCTIONS,
  async open({ node: { counters }, engine: { storage }, of, use }) {
    const redis = of(redisSettings);
    if (storage.kind !== "redis" || redis === undefined) return undefined;
    const { StreamReader } = await import("./stream_reader.ts");
    const notifier = use(Notifier);
    const options = { redis, counters, limits: of(limits), ...of(inbox) };
    return {
      tasks: [{
        name: "stream",
        run: (signal) => new StreamReader(notifier, storage, options).run(signal),
      }],
    };
  },
} satisfies Feature;
