/** How big and how many: the bounds that checks of fields, connections and stores share. */

/** Upper bounds; `Infinity` where one is `off`. Lengths are in UTF-16 units. */
export interface Limits {
  /** Bytes of one incoming frame. */
  readonly frame: number;
  readonly message: number;
  readonly name: number;
  readonly room: number;
  readonly userId: number;
  /** Rooms that one client may be in. */
  readonly rooms: number;
  /** Bytes that may wait for one client for a second; at no time more than 8 times as many. */
  readonly queue: number;
  /** WebSockets and streams of events that are open on this node, */
  readonly connections: number;
  /** of one user, */
  readonly connectionsPerUser: number;
  /** and of one address, or one /64 of IPv6. */
  readonly connectionsPerAddress: number;
}
