/** By which name a push service knows that a push stands for an earlier one. */
import { createHash } from "node:crypto";
import type { Device, DeviceMessage } from "../types.ts";

/** 192 bits, which are 32 characters. */
const BYTES = 24;

/** What a device shows in one place: the newest of a group, else the notification itself. */
export function tagOf({ id, group }: { readonly id: string; readonly group?: string }): string {
  return group ?? id;
}

/**
 * A name of 32 characters of `A-Z a-z 0-9 _ -`. Who does not know the device's token cannot guess what it is of, and by Web Push
 * the service does not know all of it. What closes one of a group has a name of its own: where the device was away, it must not
 * stand for the newest of the group, which it has not got yet.
 */
export function collapseKey(device: Pick<Device, "token">, message: DeviceMessage): string {
  const isOfGroup = message.what === "close" && message.group !== undefined;
  return isOfGroup ? hashed(device, ["close", message.id]) : shownKey(device, message);
}

/** The same for what is shown, or was. */
export function shownKey(
  device: Pick<Device, "token">,
  shown: { readonly id: string; readonly group?: string },
): string {
  return hashed(device, ["show", tagOf(shown)]);
}

function hashed({ token }: Pick<Device, "token">, name: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify([token, ...name])).digest();
  return hash.subarray(0, BYTES).toString("base64url");
}
