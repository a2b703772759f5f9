/** What a store keeps of the dashboard's sessions. Nobody who reads a store can use one: it has hashes of what browsers hold. */

/** Who signed in, and for how long. */
export interface StoredSession {
  /** The id of the key that opened it. */
  readonly keyId: string;
  /** Unix time in milliseconds. */
  readonly endsAt: number;
}

/** The sessions by the hash of what their browsers hold. */
export interface SessionStore {
  add(hash: string, session: StoredSession): Promise<void>;
  /** `undefined` where there is none, or where it has ended. */
  find(hash: string): Promise<StoredSession | undefined>;
  remove(hash: string): Promise<void>;
}
