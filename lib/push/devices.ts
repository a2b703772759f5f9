/** The devices of users. Nothing is pushed to who has none: all nodes are told whenever that changes. */
import { createHash } from "node:crypto";
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid } from "../base/fields.ts";
import { randomBase64Url } from "../base/ids.ts";
import type { TokenFacts } from "../core/identity.ts";
import type { Database } from "../engines/database/database.ts";
import type { ReachFeed } from "../preferences/reach_feed.ts";
import {
  devicesBoundTo,
  devicesOf,
  findDevice,
  type Owner,
  registerDevice,
  RegisteredMeanwhile,
  removeDevice,
  removeDevices,
  renewDevice,
} from "./device_store.ts";
import { deviceFields, tokenOf } from "./fields.ts";
import type { PushCounters } from "./metrics.ts";
import type { KeptDevice, Providers } from "./kept_device.ts";
import { lastSends, type Send } from "./store.ts";

/** How often it is tried where others register the same device right now. */
const MOST_TRIES = 5;

/** 12 bytes are 16 characters. */
const ID_BYTES = 12;

interface DevicesParts {
  readonly database: Database;
  readonly providers: Providers;
  readonly feed: ReachFeed;
  readonly counters: PushCounters;
  /** Devices of one user; `Infinity` for no limit. */
  readonly limit: number;
  now(): number;
}

/** Who registers a device. */
export interface Registering extends Owner {
  /** The user's token; absent where an application does it, or on an open server. */
  readonly boundTo?: TokenFacts | undefined;
  readonly isApplication?: true;
}

export class Devices {
  readonly #parts: DevicesParts;

  constructor(parts: DevicesParts) {
    this.#parts = parts;
  }

  /**
   * Registers a device. The same token of the same provider is the same device; that of another user of the site is this user's
   * from now on. Where the user has too many, the one that was not seen for longest goes; an application is refused.
   */
  async register(
    { site, user, boundTo, isApplication = undefined }: Registering,
    asked: Fields,
  ): Promise<{ device: KeptDevice; isNew: boolean }> {
    const { database, providers, limit, counters, now } = this.#parts;
    const fields = deviceFields(asked, providers);
    if (fields.provider === "mail" && !isApplication) throw mailOfOthers();
    const { provider, token } = fields;
    const serverKey = await providers.get(provider)!.serverKey?.();
    const tokenHash = hashOf(provider === "mail" ? `${user}\n${token}` : token);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const device = {
        ...{ id: randomBase64Url(ID_BYTES), site, user, ...fields, tokenHash, boundTo },
        ...(serverKey !== undefined && { serverKey }),
      };
      const registered = await database.transaction(
        () => registerDevice(device, { limit, replaces: !isApplication, now: now() }),
        `${site}\n${tokenHash}`,
      ).catch((error) => {
        if (!(error instanceof RegisteredMeanwhile)) throw error;
      });
      if (registered === undefined) continue;
      const { movedFrom, dropped, isNew } = registered;
      if (isNew) await this.#parts.feed.changed(site, user);
      if (movedFrom !== undefined) await this.#parts.feed.changed(site, movedFrom);
      if (isNew) counters.registered.value++;
      counters.dropped.value += dropped;
      return registered;
    }
    throw new RegisteredMeanwhile();
  }

  /** The devices of a user, those that were seen last first. */
  async list(owner: Owner): Promise<readonly KeptDevice[]> {
    return await this.#parts.database.transaction(() => devicesOf(owner));
  }

  /** What was pushed to a user last, the newest first. */
  async lastSends(owner: Owner, limit: number): Promise<readonly Send[]> {
    return await this.#parts.database.transaction(() => lastSends(owner, limit));
  }

  async find(site: string, id: string): Promise<KeptDevice | undefined> {
    return await this.#parts.database.transaction(() => findDevice(site, id));
  }

  /**
   * Gives a browser's device its new subscription, where `old` is the one that it has. Says whether there is such a device; who
   * asks twice is answered the same.
   */
  async renew(
    { id, old, token }: { readonly id: string; readonly old: unknown; readonly token: unknown },
  ): Promise<boolean> {
    const { database, providers, now } = this.#parts;
    const [before, after] = [old, token].map((each) => tokenOf("web_push", each, providers));
    const renewed = await database.transaction(() =>
      renewDevice(
        id,
        { oldHash: hashOf(before!), token: after!, tokenHash: hashOf(after!), now: now() },
      ), `renew\n${id}`);
    if (renewed?.isDropped) await this.#parts.feed.changed(renewed.site, renewed.user);
    return renewed !== undefined;
  }

  /** Removes a device: what waits for it is not sent. Says whether there was one. */
  async remove(
    device: Owner & { readonly id: string },
    why = "it was removed",
  ): Promise<boolean> {
    const { database, now } = this.#parts;
    const isGone = await database.transaction(() => removeDevice(device, why, now()));
    if (isGone) await this.noteRemoved(device);
    return isGone;
  }

  /** Removes all devices of a user; says how many there were. */
  async erase(owner: Owner): Promise<number> {
    const { database, now } = this.#parts;
    const count = await database.transaction(() => removeDevices(owner, "it was erased", now()));
    if (count > 0) await this.#parts.feed.changed(owner.site, owner.user);
    return count;
  }

  /** Removes the devices that were registered by a token that counts no more. */
  async removeBoundTo(revoked: Parameters<typeof devicesBoundTo>[0]): Promise<void> {
    const { database, counters } = this.#parts;
    for (;;) {
      const found = await database.transaction(() => devicesBoundTo(revoked));
      for (const device of found) {
        if (await this.remove(device, "its session was revoked")) counters.revoked.value++;
      }
      if (found.length === 0) return;
    }
  }

  /** Tells the nodes, after a device was removed. */
  async noteRemoved({ site, user }: Owner): Promise<void> {
    await this.#parts.feed.changed(site, user);
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Whoever knows an address would else have what is mailed there. */
function mailOfOthers(): CodedError {
  const allowed = "any but mail, which only an application registers: it knows whose an address is";
  return new CodedError("forbidden", invalid("provider", "mail", allowed).message, {
    field: "provider",
  });
}
