/** A push that says whether a user's devices can be reached: it goes to each at once, and each provider's answer is told. */
import { nextId } from "../base/ids.ts";
import { inSeconds } from "../base/times.ts";
import type { Owner } from "./device_store.ts";
import type { Devices } from "./devices.ts";
import type { KeptDevice } from "./kept_device.ts";
import type { PushSender } from "./sender.ts";
import type { PushResult } from "./types.ts";

/** How long it is worth being shown. */
const LASTS_MS = 60_000;

export interface TestedDevice {
  readonly device: KeptDevice;
  readonly result: PushResult;
}

interface TestParts {
  readonly devices: Devices;
  readonly sender: Pick<PushSender, "sendNow">;
  readonly inbox: { unread(site: string, user: string): Promise<number> };
  now(): number;
}

export class TestPush {
  readonly #parts: TestParts;

  constructor(parts: TestParts) {
    this.#parts = parts;
  }

  /** Resolves with what became of it at each of the user's devices. One that is gone is removed. */
  async send({ site, user }: Owner): Promise<readonly TestedDevice[]> {
    const { devices, sender, inbox, now } = this.#parts;
    const [found, badge] = [await devices.list({ site, user }), await inbox.unread(site, user)];
    const at = now();
    return await Promise.all(found.map(async (device) => {
      const result = await sender.sendNow(device, {
        what: "show",
        id: `test-${nextId()}`,
        title: "Test",
        text: "This device can be reached.",
        ...{ priority: 4, badge, at: inSeconds(at), expiresAt: at + LASTS_MS },
      });
      if (result.result === "gone") await devices.remove(device, result.why);
      return { device, result };
    }));
  }
}
