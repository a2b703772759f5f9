/** Apple's push service on this machine: HTTP/2 by TLS alone. It verifies tokens and headers, and answers as a test wants. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  verify,
} from "node:crypto";
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { Certificate } from "../certificate.ts";
import { waitFor } from "../wait.ts";

export const APNS_TEAM = "TEAM123456";
export const APNS_KEY_ID = "KEY1234567";
export const APNS_TOPIC = "com.shop.app";

export interface ApnsPush {
  readonly device: string;
  readonly headers: IncomingHttpHeaders;
  // deno-lint-ignore no-explicit-any -- a payload is looked at by tests alone
  readonly payload: any;
  /** When its token was made: Unix seconds. */
  readonly iat: number;
}

export interface ApnsAnswer {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the JSON with the reason. */
  readonly body?: string | Uint8Array;
}

type Answer = ApnsAnswer | "silence" | undefined;

export class ApnsService implements AsyncDisposable {
  readonly taken: ApnsPush[] = [];
  /** Connections that were made. */
  sessions = 0;
  /** Answers the next pushes, in place of the service's own answer; `"silence"` gives none. */
  answer: (push: ApnsPush) => Answer | Promise<Answer> = () => undefined;
  readonly #server: Http2SecureServer;
  readonly #certificate: Certificate;
  readonly #key: KeyObject;
  readonly #open = new Set<ServerHttp2Session>();
  readonly #texts: { readonly ca: string };

  private constructor(server: Http2SecureServer, certificate: Certificate, ca: string) {
    this.#server = server;
    this.#certificate = certificate;
    this.#texts = { ca };
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    this.#key = createPublicKey(privateKey);
    Deno.writeTextFileSync(
      this.keyFile,
      privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    );
  }

  static async start(): Promise<ApnsService> {
    const certificate = await Certificate.make();
    const { cert, key } = await certificate.read();
    const server = createSecureServer({ cert, key, allowHTTP1: false });
    const service = new ApnsService(server, certificate, cert);
    server.on("session", (session) => service.#enter(session));
    server.on("stream", (stream, headers) => service.#take(stream as ServerHttp2Stream, headers));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Path of the team's key. */
  get keyFile(): string {
    return `${this.#certificate.key}.p8`;
  }

  /** The authority of its certificate, in PEM. */
  get ca(): string {
    return this.#texts.ca;
  }

  /** The settings of a notifyli that sends by it; DENO_CERT has the program know its certificate. */
  get env(): Record<string, string> {
    return {
      PUSH_APNS_KEY: this.keyFile,
      PUSH_APNS_KEY_ID: APNS_KEY_ID,
      PUSH_APNS_TEAM: APNS_TEAM,
      PUSH_APNS_TOPIC: APNS_TOPIC,
      PUSH_APNS_SERVER: this.origin,
      DENO_CERT: this.#certificate.cert,
    };
  }

  /** Tells all connections to go once they are done, as Apple does now and then. */
  goAway(): void {
    for (const session of this.#open) session.goaway(0);
  }

  /** Cuts all connections. */
  cut(): void {
    for (const session of this.#open) session.destroy();
  }

  /** Resolves with the first pushes, once there are so many. */
  async get(count: number): Promise<ApnsPush[]> {
    await waitFor(`${count} pushes`, () => this.taken.length >= count);
    return this.taken.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#certificate[Symbol.asyncDispose]();
  }

  #enter(session: ServerHttp2Session): void {
    this.sessions++;
    this.#open.add(session);
    session.on("close", () => this.#open.delete(session));
    session.on("error", () => {}); // a client that went is none of the service's affair
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", async () => {
      let answer: ApnsAnswer | "silence";
      try {
        answer = await this.#answerTo(headers, Buffer.concat(chunks));
      } catch (error) {
        answer = { status: 500, reason: "Unexpected", body: String(error) };
        console.error(error);
      }
      if (answer === "silence") return;
      const { status, reason, headers: more, body = reason && JSON.stringify({ reason }) } = answer;
      stream.respond({ ":status": status, "apns-id": randomUUID().toUpperCase(), ...more });
      stream.end(body);
    });
  }

  async #answerTo(headers: IncomingHttpHeaders, body: Buffer): Promise<ApnsAnswer | "silence"> {
    const [, device = ""] = /^\/3\/device\/([0-9a-f]+)$/.exec(String(headers[":path"])) ?? [];
    assert.equal(headers[":method"], "POST");
    if (body.length > 4096) return { status: 413, reason: "PayloadTooLarge" };
    const { iat, isGood } = this.#verified(headers.authorization ?? "");
    const push = { device, headers, payload: JSON.parse(body.toString()), iat };
    const answer = await this.answer(push);
    if (answer !== undefined) return answer;
    if (!isGood) return { status: 403, reason: "InvalidProviderToken" };
    if (headers["apns-topic"] !== APNS_TOPIC) return { status: 400, reason: "TopicDisallowed" };
    if (/^0+$/.test(device)) return { status: 400, reason: "BadDeviceToken" };
    assert.match(String(headers["apns-push-type"]), /^(alert|background)$/);
    assert.match(String(headers["apns-expiration"]), /^\d{10}$/);
    assert.ok(String(headers["apns-collapse-id"]).length <= 64);
    const isBackground = headers["apns-push-type"] === "background";
    assert.match(String(headers["apns-priority"]), isBackground ? /^5$/ : /^(5|10)$/);
    this.taken.push(push);
    return { status: 200 };
  }

  #verified(header: string): { iat: number; isGood: boolean } {
    const [, head = "", payload = "", signature = ""] =
      /^bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(header) ?? [];
    const { alg, kid } = jsonIn(head);
    const { iss, iat } = jsonIn(payload);
    const isSigned = verify(
      "sha256",
      Buffer.from(`${head}.${payload}`),
      { key: this.#key, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    const isGood = isSigned && alg === "ES256" && kid === APNS_KEY_ID && iss === APNS_TEAM;
    return { iat: Number(iat), isGood };
  }
}

function jsonIn(base64url: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(base64url, "base64url").toString());
}
