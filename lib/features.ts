/** Every capability of the server, in the order in which they are opened: each may use those before it. */
import { auth } from "./auth/feature.ts";
import { keys } from "./auth/keys/feature.ts";
import { revocations } from "./auth/revocations/feature.ts";
import type { Feature } from "./feature.ts";
import { hooks } from "./hooks/feature.ts";
import { inbox } from "./inbox/feature.ts";
import { protocols } from "./protocols/feature.ts";
import { rooms } from "./rooms/feature.ts";
import { bridge, stream } from "./ways/feature.ts";

export const FEATURES = [
  keys,
  revocations,
  auth,
  rooms,
  inbox,
  protocols,
  hooks,
  bridge,
  stream,
] as const satisfies readonly Feature[];
