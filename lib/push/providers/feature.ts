/** What reaches devices, as a capability of the server: what is sent by it, and when, is that of others. */
import type { Feature } from "../../feature.ts";
import { openProviders } from "./providers.ts";
import { providers as settings } from "./settings.ts";
import { PROVIDER_TABLES } from "./tables.ts";

export const pushProvidersFeature = {
  name: "push_providers",
  settings,
  tables: PROVIDER_TABLES,
  madeAtStart: ["push_secrets"],
  open({ database, of }) {
    const providers = openProviders({ config: of(settings), database });
    return { services: [providers], [Symbol.asyncDispose]: () => providers[Symbol.asyncDispose]() };
  },
} satisfies Feature;
