/** What is kept of a user's devices, and of what was pushed to them. */
import { inSeconds } from "../base/times.ts";
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Database } from "../engines/database/database.ts";
import type { Devices } from "./devices.ts";
import { eraseSends, sendsOfUser } from "./store.ts";
import { deviceOnWire } from "./wire.ts";

/** How many rows are read or erased at once. */
const AT_ONCE = 500;

export class PushData implements UserData {
  readonly #devices: Devices;
  readonly #database: Database;

  constructor(devices: Devices, database: Database) {
    this.#devices = devices;
    this.#database = database;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    for (const device of await this.#devices.list({ site, user })) {
      // A token is what reaches the device: who has the export should not have that.
      yield { type: "device", ...deviceOnWire(device) };
    }
    let after: Parameters<typeof sendsOfUser>[1];
    for (;;) {
      const found = await this.#database.transaction(() =>
        sendsOfUser({ site, user }, after, AT_ONCE)
      );
      for (const { id, device, provider, state, why, at } of found) {
        yield {
          ...{ type: "push", id, state, at: inSeconds(at) },
          ...(device !== "" && { device, provider }),
          ...(why !== "" && { why }),
        };
      }
      if (found.length < AT_ONCE) return;
      after = found.at(-1);
    }
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const devices = await this.#devices.erase({ site, user });
    const sends = await this.#database.transaction(() => eraseSends({ site, user }, AT_ONCE));
    return { erased: { devices, pushes: sends }, more: sends === AT_ONCE };
  }
}
