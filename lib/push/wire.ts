/** Devices as answers show them: never with their tokens, since whoever has one can reach the device. */
import type { Fields } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import type { KeptDevice } from "./kept_device.ts";
import type { Send } from "./store.ts";
import type { TestedDevice } from "./test_push.ts";

export function deviceOnWire(device: KeptDevice): Fields {
  const { id, provider, platform, app, locale, timeZone, createdAt, seenAt, last } = device;
  return {
    ...{ id, provider },
    ...(platform !== undefined && { platform }),
    ...(app !== undefined && { app }),
    ...(locale !== undefined && { locale }),
    ...(timeZone !== undefined && { time_zone: timeZone }),
    ...{ created_at: inSeconds(createdAt), seen_at: inSeconds(seenAt) },
    ...(last !== undefined && { last: { ...last, at: inSeconds(last.at) } }),
  };
}

/** What became of a push at a device; without a device it is why there was none. */
export function sendOnWire({ device, provider, state, why, at }: Send): Fields {
  return {
    ...(device !== "" && { device, provider }),
    ...{ state, at: inSeconds(at) },
    ...(why !== "" && { why }),
  };
}

/** What became of a test at a device. */
export function testedOnWire({ device, result }: TestedDevice): Fields {
  const { id, provider, platform } = device;
  return {
    ...{ device: id, provider },
    ...(platform !== undefined && { platform }),
    result: result.result,
    ...("why" in result && { why: result.why }),
  };
}
