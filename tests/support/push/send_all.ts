/**
 * Sends a push by every provider that its environment configures, and prints what became of each: a program of its own, so that
 * a test can say which rights it has. Its argument is the JSON of tokens by providers.
 */
import { readSlice } from "../../../lib/config/read.ts";
import { NoDatabase } from "../../../lib/engines/database/database.ts";
import { openProviders } from "../../../lib/push/providers/providers.ts";
import { providers as settings } from "../../../lib/push/providers/settings.ts";
import { deviceOf, shown } from "./pushes.ts";

const tokens = JSON.parse(Deno.args[0] ?? "{}");
const config = readSlice(settings, Deno.env.toObject());
await using providers = openProviders({ config, database: new NoDatabase("there is none here") });
const results: Record<string, string> = {};
for (const [name, provider] of providers.byName) {
  const device = deviceOf(name, provider.tokenOf(tokens[name]));
  const result = await provider.send(device, shown(), AbortSignal.timeout(20_000));
  results[name] = "why" in result ? `${result.result}: ${result.why}` : result.result;
}
console.log(JSON.stringify(results));
