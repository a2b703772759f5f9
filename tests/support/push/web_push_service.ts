/**
 * A push service for browsers, on this machine: it gives subscriptions, takes what is sent to them as RFC 8030 and 8292 say,
 * decrypts it as the browser would (RFC 8291), and answers as a test wants.
 */
import assert from "node:assert/strict";
import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  randomBytes,
  verify,
} from "node:crypto";
import { Buffer } from "node:buffer";
import { waitFor } from "../wait.ts";

/** What a client registers as the token of a device. */
export interface SubscriptionJson {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export interface TakenPush {
  /** Of the subscription, such as `1`. */
  readonly subscription: string;
  readonly headers: Headers;
  /** As it came. */
  readonly body: Uint8Array;
  /** What the browser hands to the service worker. */
  readonly text: string;
  /** The claims of the sender's token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The sender's public key in base64url. */
  readonly key: string;
}

interface Receiver {
  readonly ecdh: ECDH;
  readonly auth: Buffer;
  /** With which key of a server it was subscribed; absent: any may push. */
  readonly key: string | undefined;
  isGone: boolean;
}

export class WebPushService implements AsyncDisposable {
  readonly taken: TakenPush[] = [];
  /** Answers the next pushes, in place of the service's own answer: `undefined` leaves it to that. */
  answer: (push: TakenPush) => Response | Promise<Response> | undefined = () => undefined;
  readonly #receivers = new Map<string, Receiver>();
  readonly #now: () => number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** @param now Unix milliseconds, by which the tokens of senders end */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** A new subscription, as `PushSubscription.toJSON()` gives it. @param key of the only server that may push to it */
  subscribe(key?: string): SubscriptionJson {
    const ecdh = createECDH("prime256v1");
    ecdh.generateKeys();
    const auth = randomBytes(16);
    const id = String(this.#receivers.size + 1);
    this.#receivers.set(id, { ecdh, auth, key, isGone: false });
    const p256dh = ecdh.getPublicKey().toString("base64url");
    return { endpoint: this.endpointOf(id), keys: { p256dh, auth: auth.toString("base64url") } };
  }

  /** The endpoint of a subscription; who knows it may push. */
  endpointOf(id: string): string {
    return `${this.origin}/push/endpoint-is-secret/${id}`;
  }

  /** Ends a subscription, as somebody does who takes the permission back: pushes are answered by 410. */
  end({ endpoint }: SubscriptionJson): void {
    const receiver = this.#receivers.get(idIn(endpoint));
    if (receiver !== undefined) receiver.isGone = true;
  }

  /** Resolves with the first pushes, once there are so many. */
  async get(count: number): Promise<TakenPush[]> {
    await waitFor(`${count} pushes`, () => this.taken.length >= count);
    return this.taken.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const body = await request.bytes();
    const id = idIn(request.url);
    const receiver = this.#receivers.get(id);
    if (request.method !== "POST" || receiver === undefined) return status(404);
    const told = this.#told(id, request.headers, body, receiver);
    const answer = await this.answer(told);
    if (answer !== undefined) return answer;
    if (receiver.isGone) return status(410);
    if (receiver.key !== undefined && receiver.key !== told.key) return status(403);
    if (body.length > 4096) return status(413);
    this.taken.push(told);
    return new Response(null, { status: 201, headers: { location: `${this.origin}/message/1` } });
  }

  /** Throws where a push is not as the standards have it: the sender gets 500, and the test its reason. */
  #told(id: string, headers: Headers, body: Uint8Array, receiver: Receiver): TakenPush {
    const { claims, key } = verifiedSender(headers.get("authorization") ?? "", {
      origin: this.origin,
      now: this.#now(),
    });
    assert.equal(headers.get("content-encoding"), "aes128gcm");
    assert.match(headers.get("ttl") ?? "", /^\d{1,7}$/);
    assert.match(headers.get("urgency") ?? "normal", /^(very-low|low|normal|high)$/);
    assert.match(headers.get("topic") ?? "", /^[\w-]{0,32}$/);
    const text = decrypted(body, receiver);
    return { subscription: id, headers, body, text, claims, key };
  }
}

function idIn(endpoint: string): string {
  return new URL(endpoint).pathname.split("/").at(-1) ?? "";
}

function status(status: number): Response {
  return new Response(null, { status });
}

/** Checks the header `Authorization` of RFC 8292. Throws where it is not good. */
export function verifiedSender(
  header: string,
  { origin, now }: { readonly origin: string; readonly now: number },
): Pick<TakenPush, "claims" | "key"> {
  const [, head = "", payload = "", signature = "", key = ""] =
    /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]{86}), k=([\w-]{87})$/.exec(header) ?? assert.fail(header);
  assert.deepEqual(jsonIn(head), { typ: "JWT", alg: "ES256" });
  const point = Buffer.from(key, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((each) =>
    each.toString("base64url")
  );
  const publicKey = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } });
  const isGood = verify(
    "sha256",
    Buffer.from(`${head}.${payload}`),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  assert.ok(isGood, "the signature is the key's");
  const claims = jsonIn(payload);
  assert.equal(claims["aud"], origin);
  const left = Number(claims["exp"]) - now / 1000;
  assert.ok(left > 0 && left <= 24 * 3600, `it ends in ${left} s`);
  return { claims, key };
}

/** The text of a body, as RFC 8291 and 8188 have it. */
export function decrypted(
  bytes: Uint8Array,
  { ecdh, auth }: { readonly ecdh: ECDH; readonly auth: Uint8Array },
): string {
  const body = Buffer.from(bytes);
  const [salt, size, length] = [body.subarray(0, 16), body.readUInt32BE(16), body.readUInt8(20)];
  const sender = body.subarray(21, 21 + length);
  const record = body.subarray(21 + length);
  assert.ok(record.length <= size, "there is one record");
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), ecdh.getPublicKey(), sender]);
  const secret = derive(ecdh.computeSecret(sender), auth, info, 32);
  const key = derive(secret, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derive(secret, salt, Buffer.from("Content-Encoding: nonce\0"), 12);
  const decipher = createDecipheriv("aes-128-gcm", key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  const end = plain.lastIndexOf(2);
  assert.ok(
    plain.subarray(end + 1).every((byte) => byte === 0),
    "what follows the text is padding",
  );
  return plain.subarray(0, end).toString();
}

function derive(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, bytes));
}

function jsonIn(base64url: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(base64url, "base64url").toString());
}
