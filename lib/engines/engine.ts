/**
 * The engine: where publications, presence and notifications are kept and fanned out. Two of them stand behind
 * these interfaces, `engines/embedded.ts` and `engines/redis.ts`, held to one suite.
 */
import type { Channel } from "../core/channel.ts";
import type { Position, Publication } from "../core/publication.ts";
import type { Broker } from "../core/broker.ts";
import type { PresenceManager } from "../rooms/store/store.ts";
import type { Inbox, ReceiptLog, Schedule } from "../inbox/store/store.ts";
import type { KeyStore } from "../auth/keys/store.ts";
import type { AccessChange, RevocationStore } from "../auth/revocations/store.ts";

/** What an engine calls on its node. */
export interface EngineHandler {
  handlePublication(channel: Channel, publication: Publication, position?: Position): void;
  /** The same one may come twice. */
  handleAccess(change: AccessChange): void;
  /** The engine lost this node's subscriptions or presence, and can take them again now. */
  handleRestored(): void;
}

export interface Engine extends AsyncDisposable {
  readonly name: "embedded" | "redis";
  readonly broker: Broker;
  readonly presence: PresenceManager;
  readonly inbox: Inbox;
  /** Present where the engine was told to keep it. */
  readonly receipts?: ReceiptLog;
  readonly schedule: Schedule;
  readonly apiKeys: KeyStore;
  readonly revocations: RevocationStore;
  /** Connects the engine to its node; called once, before all else. */
  run(handler: EngineHandler): Promise<void>;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}
