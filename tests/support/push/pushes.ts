/** Devices and pushes for tests of providers. */
import type { Device, DeviceMessage, ProviderName, Push } from "../../../lib/push/types.ts";

export function deviceOf(
  provider: ProviderName,
  token: string,
  changes: Partial<Device> = {},
): Device {
  return { id: "device-1", site: "default", user: "7", provider, token, ...changes };
}

/** Something to show. By default it lasts an hour. */
export function shown(changes: Partial<Push> = {}): DeviceMessage {
  return {
    what: "show",
    id: "notification-1",
    title: "Order 7",
    text: "It was shipped",
    priority: 3,
    badge: 2,
    at: 1_790_000_000,
    expiresAt: Date.now() + 3_600_000,
    ...changes,
  };
}

export function closing(id = "notification-1", group?: string): DeviceMessage {
  return {
    what: "close",
    id,
    badge: 1,
    expiresAt: Date.now() + 3_600_000,
    ...(group && { group }),
  };
}
