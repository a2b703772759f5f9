/** The one place that says who may enter a room and speak there; `client.ts` asks before it does. */
import { NotifyliError } from "../errors.ts";
import { roomPattern } from "../room_patterns.ts";
import type { Identity, TokenFacts } from "./identity.ts";
import type { TokenVerifier } from "./tokens.ts";

const USER_ROOMS = "/user/";

export class RoomAccess {
  readonly #private: readonly RegExp[];
  readonly #tokens: TokenVerifier | undefined;

  /**
   * @param privateRooms patterns of rooms that nobody enters without a grant or a subscription token
   * @param tokens absent: the server is open, and all rooms are
   */
  constructor(privateRooms: readonly string[], tokens: TokenVerifier | undefined) {
    this.#private = privateRooms.map(roomPattern);
    this.#tokens = tokens;
  }

  /** Checks that someone may enter a room, or speak in it from outside. Throws `forbidden`. */
  require(identity: Identity | undefined, room: string): void {
    if (identity === undefined) return;
    requireNotAnothers(identity, room);
    const isPrivate = this.#private.some((pattern) => pattern.test(room));
    if (!isPrivate || identity.rooms.some((pattern) => roomPattern(pattern).test(room))) return;
    throw new NotifyliError(
      "forbidden",
      `Cannot use room ${JSON.stringify(room)}: it is private, subscribe with a token for it`,
      { field: "room" },
    );
  }

  /**
   * The same for someone who brings a subscription token. Rejects with `forbidden` or why the token is refused; resolves
   * with what it can be revoked by, or `undefined` where nobody needs one.
   */
  async requireToken(
    identity: Identity | undefined,
    room: string,
    token: string,
  ): Promise<TokenFacts | undefined> {
    if (identity === undefined) return undefined;
    requireNotAnothers(identity, room);
    return await this.#tokens?.subscription(token, identity, room);
  }
}

/** No token opens the room of another user. */
function requireNotAnothers({ user }: Identity, room: string): void {
  if (!room.startsWith(USER_ROOMS) || room === USER_ROOMS + user) return;
  throw new NotifyliError(
    "forbidden",
    `Cannot use room ${JSON.stringify(room)}: it belongs to another user`,
    { field: "room" },
  );
}
