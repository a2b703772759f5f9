/** What a connection's token costs at the handshake: `deno bench tests/bench/token_bench.ts`. */
import { TokenVerifier } from "../../lib/auth/tokens.ts";
import { readConfig } from "../../lib/configuration.ts";
import { tokenFor } from "./loads/dialects.ts";

const KEY = "a key of the benchmark with 32 bytes";
const { config } = readConfig({ APP_KEY: KEY });
const verifier = await TokenVerifier.open(config.auth.tokens!, config.limits);
const token = tokenFor(123, KEY);
const tokenOfOther = tokenFor(123, `not ${KEY}`);

Deno.bench("a token that is good", async () => {
  await verifier.connection(token);
});

Deno.bench("a token that another key signed", async () => {
  await verifier.connection(tokenOfOther).catch(() => {});
});
