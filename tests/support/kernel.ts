/** A node with features, without HTTP and listener, on an engine of the test's own. */
import { type Config, readConfig } from "../../lib/configuration.ts";
import type { TokenVerifier } from "../../lib/auth/tokens.ts";
import { Commands } from "../../lib/core/command.ts";
import type { Feature, StoringEngine } from "../../lib/feature.ts";
import { Kernel } from "../../lib/kernel.ts";
import { baseCommands } from "../../lib/protocols/v1/commands.ts";
import { type ProtocolV1, protocolV1 } from "../../lib/protocols/v1/v1.ts";
import { Rooms } from "../../lib/rooms/rooms.ts";

/** Disposing of the kernel leaves the engine open. */
export function openKernel(
  engine: StoringEngine,
  { config = readConfig({}).config, tokens, features }: {
    config?: Config;
    tokens?: TokenVerifier;
    features?: readonly Feature[];
  } = {},
): Promise<Kernel> {
  return Kernel.open(engine, { config, tokens, features });
}

/** The base protocol, as this server speaks it. */
export function baseProtocol(kernel: Kernel): ProtocolV1 {
  return protocolV1(new Commands(baseCommands(kernel.use(Rooms))));
}
