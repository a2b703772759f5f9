/** Questions to an application before something happens, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { limits } from "../limits/settings.ts";
import { httpAsker } from "./http_asker.ts";
import { Questions } from "./questions.ts";
import { asks as settings } from "./settings.ts";

export const asksFeature = {
  name: "asks",
  settings,
  open({ of }) {
    const config = of(settings);
    const questions = new Questions(config, of(limits));
    if (config.http !== undefined) questions.use(httpAsker(config.http));
    return { services: [questions], metrics: questions.metrics };
  },
} satisfies Feature;
