/** What is counted and measured of devices and pushes. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

export type PushCounters = ReturnType<typeof pushCounters>;

export function pushCounters() {
  return {
    registered: new Counter("devices_registered", "Devices that were registered."),
    dropped: new Counter(
      "devices_dropped",
      "Devices that went since their user registered more than one may have.",
    ),
    revoked: new Counter(
      "devices_revoked",
      "Devices that went since the session was revoked that had registered them.",
    ),
  };
}

export function pushRefusals() {
  return {
    too_many_devices: new Counter(
      "refused_devices",
      "Devices beyond those that one user may have, which an application wanted to register.",
    ),
  } satisfies RefusalCounters;
}
