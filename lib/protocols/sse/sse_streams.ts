/**
 * Opens streams of events: finds out whose a stream is and whether it may be, and connects it to the node. Next:
 * `core/connection.ts`, with an `SseSocket` for its socket.
 */
import type { AuthHome } from "../../auth/connection_auth.ts";
import { identifyRequest, type TokenCheck } from "../../auth/handshake.ts";
import { newGuest } from "../../auth/identity.ts";
import { nextTurn } from "../../base/clock.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Connection, Protocol } from "../../core/connection.ts";
import type { Identity } from "../../core/identity.ts";
import type { Node } from "../../core/node.ts";
import type { Peer } from "../../core/socket.ts";
import type { InboxDelivery } from "../../inbox/delivery.ts";
import type { InboxService } from "../../inbox/inbox.ts";
import type { ConnectionGate } from "../../limits/connection_gate.ts";
import type { UserPresence } from "../../presence/user_presence.ts";
import type { Conversations } from "../../conversations/conversations.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { Topics } from "../../topics/topics.ts";
import { newSession, openSession } from "./session.ts";
import { startPlain } from "./sse_plain.ts";
import { asksForStream, parsePlain, type PlainRequest } from "./sse_query.ts";
import { SseSocket } from "./sse_socket.ts";

/** Keepalive intervals without a command after which a session that has to `ping` is closed. */
const SILENT_INTERVALS = 4;

export interface SseParts {
  readonly node: Node;
  readonly check: TokenCheck & Pick<AuthHome, "takesGuests">;
  readonly rooms: Rooms;
  readonly topics: Topics;
  readonly conversations: Conversations;
  readonly inbox: InboxService;
  readonly delivery: InboxDelivery;
  readonly presence: UserPresence;
  readonly gate: ConnectionGate;
  /** The protocol that streams speak: version 2. */
  readonly protocol: Protocol;
}

export interface SseStreamsOptions {
  readonly limits: Limits;
  readonly keepaliveSeconds: number;
}

/** Who a stream is for, and what it asks for. */
interface Asked {
  readonly identity: Identity | undefined;
  /** Absent for a stream with commands. */
  readonly plain: PlainRequest | undefined;
  /** The client's address, as far as it is known. */
  readonly address?: string;
}

export class SseStreams {
  readonly #parts: SseParts;
  readonly #options: SseStreamsOptions;

  constructor(parts: SseParts, options: SseStreamsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Opens the stream that a request asks for. Rejects with a `CodedError` where it may not be opened. */
  async open(request: Request, peer: Peer): Promise<SseSocket["stream"]> {
    const { gate, node } = this.#parts;
    const beganAt = performance.now();
    gate.knock(request, peer); // a bad token, too, is an attempt to connect
    const address = () => gate.addressOf(request, peer);
    const proved = await this.#identify(request, address);
    const asked = {
      ...(asksForStream(request)
        ? this.#readPlain(request, proved)
        : { identity: proved, plain: undefined }),
      address: address(),
    };
    const { stream } = this.#accept(peer, asked, gate.enter(request, peer));
    node.figures.handshakes.observe((performance.now() - beganAt) / 1000);
    return stream;
  }

  async #identify(request: Request, address: () => string): Promise<Identity | undefined> {
    const { check } = this.#parts;
    try {
      return await identifyRequest(request, check, address);
    } catch (error) {
      check.noteRefused(error);
      throw error;
    }
  }

  #readPlain(request: Request, proved: Identity | undefined): Asked {
    const { check } = this.#parts;
    const identity = proved ?? (check.takesGuests ? newGuest() : undefined);
    const { isOpen } = check;
    const plain = parsePlain(request, { limits: this.#options.limits, identity, isOpen });
    const block = check.revocations.blockOf(identity?.site ?? DEFAULT_SITE, plain.user);
    if (block !== undefined) throw block;
    return { identity, plain };
  }

  /** @param leave the gate, once the stream is gone */
  #accept(peer: Peer, { identity, plain, address }: Asked, leave: () => void): SseSocket {
    const { node, protocol } = this.#parts;
    const socket: SseSocket = new SseSocket(peer, {
      keepaliveSeconds: this.#options.keepaliveSeconds,
      positions: plain?.positions,
      alive: () => {
        if (plain === undefined) this.#dropIfSilent(connection);
      },
      gone() {
        // Where the listener cannot end the connection, a peer that reads nothing has its place until it ends it: otherwise it
        // could have any number of them.
        if (peer.ended === undefined) leave();
        else void peer.ended().then(leave);
        connection.close();
      },
    });
    const connection = node.accept(socket, protocol, identity, address);
    connection.work(() => this.#begin(connection, socket, plain));
    return socket;
  }

  /** Gives the stream its session, then the first events. */
  async #begin(
    connection: Connection,
    socket: SseSocket,
    plain: PlainRequest | undefined,
  ): Promise<void> {
    const { node, ...parts } = this.#parts;
    // `Deno.serve` hands a request that waited behind a stream on when the client closes, and says only then that it is gone.
    await nextTurn();
    const session = newSession();
    await openSession(node, connection, session);
    if (connection.closed) return;
    if (plain === undefined) socket.sendNamed("open", { session });
    else await startPlain(connection, plain, { ...parts, session });
  }

  #dropIfSilent(connection: Connection): void {
    const silentMs = performance.now() - connection.heardAt;
    if (silentMs > SILENT_INTERVALS * this.#options.keepaliveSeconds * 1000) {
      this.#parts.node.drops.silent(connection);
    }
  }
}
