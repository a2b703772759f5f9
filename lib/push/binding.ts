/** Devices go with the session that has registered them: `RevokedDevices` removes them where it is revoked. */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { reasonOf } from "../base/reason.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { Identity, TokenFacts } from "../core/identity.ts";
import type { Task } from "../core/task.ts";
import type { Devices } from "./devices.ts";

const log = logFor("push");

/** How long it rests where the database cannot be used, and how often it looks at all that was revoked. */
const AGAIN_MS = 2000;
const LOOK_MS = 600_000;

type Revoked = Parameters<Devices["removeBoundTo"]>[0];
type Change = Parameters<Parameters<Revocations["onChange"]>[0]>[0];

/** The token by which a user registers a device; `undefined` where there is none, as on an open server. */
export function boundTo(identity: Identity | undefined): TokenFacts | undefined {
  if (identity === undefined || identity.isGuest) return undefined;
  const { site, user, session, tokenId, issuedAt } = identity;
  return {
    ...{ site, user },
    ...(session !== undefined && { session }),
    ...(tokenId !== undefined && { tokenId }),
    ...(issuedAt !== undefined && { issuedAt }),
  };
}

/**
 * Removes the devices of what is revoked. A revocation may be forgotten when its token has ended, and a device lives for longer: so
 * it is not enough to look at revocations whenever something is pushed. All nodes do the same, which is harmless.
 */
export class RevokedDevices implements Task {
  readonly name = "devices of revoked sessions";
  readonly #devices: Devices;
  readonly #revocations: Revocations;
  /** What is to be done. */
  readonly #waiting = new Map<string, Revoked>();
  #lookAt = 0;
  #wake: () => void = () => {};

  constructor(devices: Devices, revocations: Revocations) {
    this.#devices = devices;
    this.#revocations = revocations;
    revocations.onChange((change) => this.#take(change));
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const isDone = await this.#work(signal);
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      if (!signal.aborted) await pause(isDone ? LOOK_MS : AGAIN_MS, woken.signal);
      this.#wake = () => {};
    }
  }

  #take(change: Change): void {
    if (change.type !== "revoked") return;
    this.#add(change.revocation);
    this.#wake();
  }

  #add({ site, kind, name, at }: ReturnType<Revocations["all"]>[number]): void {
    if (kind === "block") return; // whoever is blocked may come back
    this.#waiting.set(`${kind}\n${site}\n${name}`, { site, kind, name, at });
  }

  /** Says whether nothing is left. */
  async #work(signal: AbortSignal): Promise<boolean> {
    try {
      if (performance.now() >= this.#lookAt && this.#revocations.isLoaded) {
        for (const each of this.#revocations.all()) this.#add(each);
        this.#lookAt = performance.now() + LOOK_MS;
      }
      for (const [key, revoked] of this.#waiting) {
        if (signal.aborted) return true;
        await this.#devices.removeBoundTo(revoked);
        if (this.#waiting.get(key) === revoked) this.#waiting.delete(key);
      }
      return this.#lookAt > 0;
    } catch (error) {
      log.debug("devices of revoked sessions stay for a moment: {reason}", {
        reason: reasonOf(error),
      });
      return false;
    }
  }
}
