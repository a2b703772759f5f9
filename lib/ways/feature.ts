/** The ways by which other systems bring notifications over Redis, as capabilities of the server. */
import type { Config } from "../configuration.ts";
import type { Node } from "../core/node.ts";
import type { RedisConfig } from "../engines/redis/settings.ts";
import type { Feature } from "../feature.ts";
import { Notifier } from "../inbox/notify.ts";
import { TURN_FUNCTIONS } from "./functions.ts";

/** What is published on the message channel. */
export const bridge: Feature = {
  name: "bridge",
  functions: TURN_FUNCTIONS,
  async open({ node, engine: { storage }, config, use }) {
    const { redis, bridge } = config;
    if (storage.kind !== "redis" || redis === undefined || bridge === undefined) return undefined;
    const { Bridge } = await import("../../bridge.ts");
    const options = { ...optionsOf(redis, config, node), ...bridge };
    const way = new Bridge(use(Notifier), storage, options);
    return {
      tasks: [{ name: "bridge", run: (signal) => way.run(signal) }],
      whyNotReady: () => way.whyNotReady(),
    };
  },
};

/** What is added to the stream. */
export const stream: Feature = {
  name: "stream",
  functions: TURN_FUNCTIONS,
  async open({ node, engine: { storage }, config, use }) {
    if (storage.kind !== "redis" || config.redis === undefined) return undefined;
    const { StreamReader } = await import("./stream_reader.ts");
    const notifier = use(Notifier);
    const options = optionsOf(config.redis, config, node);
    return {
      tasks: [{
        name: "stream",
        functions: TURN_FUNCTIONS,
        run: (signal) => new StreamReader(notifier, storage, options).run(signal),
      }],
    };
  },
};

function optionsOf(redis: RedisConfig, { inbox, limits }: Config, { counters }: Node) {
  return { redis, limits, defaultRoom: inbox.defaultRoom, counters };
}
