/** Ids of messages and notifications: unique across nodes, short on the wire, cheap to make. */

/** 50 random bits tell this process from others; a counter tells its ids from each other. */
const PROCESS = [...crypto.getRandomValues(new Uint8Array(10))]
  .map((byte) => (byte % 32).toString(32))
  .join("");

let count = 0;

/** A new id of `A-Z a-z 0-9 -`, such as `h4l0q9vd2e-1f`. */
export function nextId(): string {
  return `${PROCESS}-${(++count).toString(36)}`;
}

/** Random bytes as text of `A-Z a-z 0-9 _ -`, for what nobody must guess: 16 bytes are 22 characters. */
export function randomBase64Url(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}
