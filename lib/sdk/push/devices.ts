/** The user's devices. The server pushes notifications to them that no open page has acknowledged. */
import { NotifyliError } from "../core/errors.ts";
import { asObject, type JsonObject } from "../core/frames.ts";
import type { Link } from "../core/requests.ts";
import type { NewDevice, RegisteredDevice } from "./types.ts";

export class Devices {
  readonly #link: Pick<Link, "enqueue">;

  /** Programs read `client.devices` instead. */
  constructor(link: Pick<Link, "enqueue">) {
    this.#link = link;
  }

  /**
   * Registers this device, or says that it is still there: a program does so whenever it starts. Resolves when the server has
   * it; while there is no connection, it waits.
   *
   * Rejects with a `NotifyliError`: one from the server, such as `invalid_field`; `queue_full`, `stopped` or `closed`.
   *
   * @example
   * ```ts ignore
   * const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
   * await client.devices.register({ provider: "web_push", token: subscription.toJSON() });
   * ```
   */
  async register({ timeZone, ...device }: NewDevice): Promise<RegisteredDevice> {
    return readDevice(
      await this.#link.enqueue({
        type: "register_device",
        ...device,
        ...(timeZone !== undefined && { time_zone: timeZone }),
      }),
    );
  }

  /** The user's devices, those that were registered last first. Rejects as `register()` does. */
  async list(): Promise<readonly RegisteredDevice[]> {
    const { devices } = await this.#link.enqueue({ type: "devices" });
    if (!Array.isArray(devices)) throw unreadable();
    return devices.map((each) => readDevice(asObject(each)));
  }

  /** Removes a device, to which nothing is pushed any more; harmless where it is gone. Rejects as `register()` does. */
  async remove(id: string): Promise<void> {
    await this.#link.enqueue({ type: "remove_device", id });
  }
}

function readDevice(data: JsonObject): RegisteredDevice {
  const { time_zone, created_at, seen_at, ...rest } = data;
  if (typeof rest["id"] !== "string" || typeof created_at !== "number") throw unreadable();
  // The server writes what it has read itself: the rest is as it says.
  return {
    ...rest,
    ...(time_zone !== undefined && { timeZone: time_zone }),
    ...{ createdAt: created_at, seenAt: seen_at },
  } as unknown as RegisteredDevice;
}

function unreadable(): NotifyliError {
  return new NotifyliError("internal", "Cannot read the devices that the server sent");
}
