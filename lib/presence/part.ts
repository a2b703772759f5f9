/** What one node knows of a user, out of the user's connections there, and what that means together. */
import type { Device } from "./device.ts";
import type { DeviceHere, Part, Parts } from "./online_store.ts";

/** Most devices of a user that are named, by each node and in all; more count, but are not named. */
export const MOST_DEVICES = 20;

/** A connection as it counts for its user. */
export interface Counted {
  device: Device | undefined;
  /** Since when its client says that the user is away, in Unix milliseconds. */
  away: number | undefined;
  /** Until when it counts that is gone, on `performance.now()`'s clock; 0 while it is there. */
  goneAt: number;
}

export type Status = "online" | "away" | "offline";

/** What is known of a user's presence, before it is decided who may see what of it. */
export interface Presence {
  readonly status: Status;
  /** When the user was there last, in Unix milliseconds; absent while the user is, and where nobody knows. */
  readonly lastSeen?: number;
  readonly devices: readonly DeviceHere[];
}

/** A user is away where all connections are. */
export function partOf(connections: readonly Counted[]): Part {
  const away = connections.every((each) => each.away !== undefined)
    ? Math.max(...connections.map((each) => each.away ?? 0))
    : undefined;
  const devices = new Map<string, DeviceHere>();
  for (const { device, away } of connections) {
    if (device === undefined) continue;
    addDevice(devices, { ...device, ...(away !== undefined && { away: true }) });
  }
  return { ...(away !== undefined && { away }), devices: [...devices.values()] };
}

export function presenceOf({ isOnline, parts, lastSeen }: Parts): Presence {
  if (!isOnline) return { status: "offline", lastSeen, devices: [] };
  const all = new Map<string, DeviceHere>();
  for (const device of parts.flatMap(({ devices }) => devices)) addDevice(all, device);
  // In one order, so that what is the same looks the same.
  const devices = [...all.values()].sort((one, other) => one.id < other.id ? -1 : 1);
  // A node of an earlier version says no more than that the user is there.
  if (parts.length === 0 || parts.some(({ away }) => away === undefined)) {
    return { status: "online", devices };
  }
  const since = Math.max(...parts.map(({ away = 0 }) => away));
  return { status: "away", lastSeen: since, devices };
}

/** A device is away where all of its connections are, whichever node they are at. */
function addDevice(devices: Map<string, DeviceHere>, { away, ...device }: DeviceHere): void {
  const known = devices.get(device.id);
  if (known === undefined && devices.size >= MOST_DEVICES) return;
  const isAway = away && (known === undefined || known.away);
  devices.set(device.id, isAway ? { ...device, away } : device);
}
