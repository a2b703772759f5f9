/** What is known of one user on all nodes, for whoever looks for why something did not come. */
import type { Revocations } from "../../auth/revocations/revocations.ts";
import { CodedError, DISCONNECTS, isStoreFailure } from "../../base/errors.ts";
import { type Fields, type UserId, userIdOnWire } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import type { Connection } from "../../core/connection.ts";
import type { Node } from "../../core/node.ts";
import type { InboxService } from "../../inbox/inbox.ts";
import type { UserPresence } from "../../presence/user_presence.ts";
import type { Devices } from "../../push/devices.ts";
import { deviceOnWire, sendOnWire } from "../../push/wire.ts";
import { membershipsOf } from "../../rooms/membership.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Peers } from "../peers/peers.ts";
import { type Refusal, UserRefusals } from "./refusals.ts";

/** How many pushes are shown. */
const LAST_PUSHES = 20;

/** Most connections of a user that one node tells of. */
const MOST_CONNECTIONS = 1000;

export interface UsersParts {
  readonly node: Node;
  readonly nodes: Nodes;
  readonly peers: Peers;
  readonly snapshot: Snapshot;
  readonly inbox: InboxService;
  readonly presence: UserPresence;
  readonly devices: Devices;
  readonly revocations: Revocations;
}

/** What one node knows of a user. */
interface Part {
  readonly connections: readonly object[];
  readonly refusals: readonly Refusal[];
}

export class Users {
  readonly #parts: UsersParts;
  readonly #refusals = new UserRefusals();

  constructor(parts: UsersParts) {
    this.#parts = parts;
    const { node, peers } = parts;
    node.refusals.witnessBy((connection, code) => this.#refusals.note(connection, code));
    peers.answer("user", ({ site, user }) => this.#part(site as string, user as UserId));
    peers.answer("close", ({ site, id }) => this.#closeHere(site as string, id as string));
  }

  /** What a store has that cannot be reached is left out, and named in `unavailable`: half an answer is better at night. */
  async find(site: string, user: UserId): Promise<object> {
    const { nodes, inbox, presence, devices, revocations } = this.#parts;
    const unavailable: string[] = [];
    const read = <Found>(name: string, found: Promise<Found>) =>
      found.catch((error) => {
        if (!isStoreFailure(error)) throw error;
        unavailable.push(name);
        return undefined;
      });
    const [asked, counts, seenAt, owned, sends] = await Promise.all([
      nodes.ask<Part>("user", { site, user }),
      read("inbox", inbox.counts(site, user)),
      read("last_seen_at", presence.lastSeen(site, user)),
      read("devices", devices.list({ site, user })),
      read("pushes", devices.lastSends({ site, user }, LAST_PUSHES)),
    ]);
    const { answers, missing } = asked;
    const parts = [...answers].map(([, part]) => part);
    const connections = parts.flatMap((part) => part.connections);
    const block = revocations.block(site, user);
    return {
      user_id: userIdOnWire(user),
      online: connections.length > 0,
      ...(seenAt !== undefined && { last_seen_at: inSeconds(seenAt) }),
      connections,
      ...(counts && { inbox: counts }),
      ...(owned && { devices: owned.map(deviceOnWire) }),
      ...(sends && { pushes: sends.map((each) => ({ id: each.id, ...sendOnWire(each) })) }),
      ...(block && {
        blocked: block.expiresAt === undefined ? {} : { until: inSeconds(block.expiresAt) },
      }),
      refusals: together(parts.flatMap((part) => part.refusals)),
      ...(missing.length > 0 && { missing }),
      ...(unavailable.length > 0 && { unavailable }),
    };
  }

  /**
   * Closes a connection on whichever node it is; its client may come back. Says whether there was one. Rejects where it may be
   * on a node that does not answer.
   */
  async close(site: string, id: string): Promise<boolean> {
    const { answers, missing } = await this.#parts.nodes.ask<boolean>("close", { site, id });
    const isClosed = [...answers.values()].includes(true);
    if (isClosed || missing.length === 0) return isClosed;
    throw new CodedError(
      "unavailable",
      `Cannot say whether connection ${
        JSON.stringify(id)
      } is closed: it may be on a node that does ` +
        `not answer (${missing.join(", ")})`,
    );
  }

  #part(site: string, user: UserId): Part {
    const { snapshot, peers } = this.#parts;
    const connections = snapshot.of(site, user).slice(0, MOST_CONNECTIONS)
      .map((each) => connectionOnWire(each, peers.id));
    return { connections, refusals: this.#refusals.of(site, user) };
  }

  #closeHere(site: string, id: string): boolean {
    const { node } = this.#parts;
    const connection = node.connection(id);
    if (connection === undefined || connection.site !== site) return false;
    node.drops.evicted(connection, DISCONNECTS.disconnected);
    return true;
  }
}

function connectionOnWire(connection: Connection, node: string): Fields {
  const { id, protocol, transport, address, openedAt, bufferedAmount, roundTripMs } = connection;
  return {
    ...{ id, node, protocol: protocol.name, transport },
    ...(address !== undefined && { address }),
    since: openedAt,
    rooms: [...membershipsOf(connection).keys()],
    queued_bytes: bufferedAmount,
    ...(roundTripMs !== undefined && { round_trip_ms: Math.round(roundTripMs * 10) / 10 }),
  };
}

/** What several nodes have refused, by code. */
function together(refusals: readonly Refusal[]): Refusal[] {
  const byCode = new Map<string, Refusal>();
  for (const { code, count, last_at } of refusals) {
    const known = byCode.get(code) ?? { code, count: 0, last_at: 0 };
    byCode.set(code, known);
    known.count += count;
    known.last_at = Math.max(known.last_at, last_at);
  }
  return [...byCode.values()];
}
