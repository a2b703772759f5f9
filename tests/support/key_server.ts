/** An identity provider that publishes its keys (JWKS). */
import { exportJWK, generateKeyPair, type JWK } from "jose";
import type { TokenConfig } from "../../lib/auth/settings.ts";
import type { Signing } from "./tokens.ts";

/** Publishes keys as `/jwks.json`, and counts how often they were asked for. */
export class KeyServer implements AsyncDisposable {
  readonly #keys = new Map<string, JWK>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  fetches = 0;
  status = 200;
  /** Whether no more than the start of an answer is sent. */
  isStuck = false;
  /** Whether an answer never ends; {@linkcode KeyServer.sent} counts its bytes. */
  isEndless = false;
  sent = 0;
  /** No request is answered before this resolves. */
  held: Promise<void> = Promise.resolve();

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
      this.fetches++;
      await this.held;
      if (this.isStuck) return new Response(new ReadableStream({ start: sendStart }));
      if (this.isEndless) return new Response(endless(() => this.sent += ENDLESS_CHUNK.length));
      const keys = [...this.#keys.values()];
      return Response.json({ keys }, { status: this.status, headers: { connection: "close" } });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/jwks.json`;
  }

  /** The settings of a notifyli that takes its keys. */
  get env(): Record<string, string> {
    return {
      APP_TOKEN_ALGORITHM: "ES256",
      APP_TOKEN_JWKS_URL: this.url,
      APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
    };
  }

  /** What a verifier is opened with. */
  get config(): TokenConfig {
    return { algorithm: "ES256", secrets: [], jwksUrl: this.url, privateTargets: ["127.0.0.1"] };
  }

  /** Makes a key and publishes it. Resolves with what tokens are signed with. */
  async add(kid: string): Promise<Signing> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    this.#keys.set(kid, { ...await exportJWK(publicKey), kid });
    return { key: privateKey, header: { alg: "ES256", kid } };
  }

  /** Publishes a key as it is given, under a name that only {@linkcode KeyServer.remove} knows. */
  publish(name: string, jwk: JWK): void {
    this.#keys.set(name, jwk);
  }

  remove(kid: string): void {
    this.#keys.delete(kid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

function sendStart(controller: ReadableStreamDefaultController<Uint8Array>): void {
  controller.enqueue(new TextEncoder().encode('{"keys":['));
}

const ENDLESS_CHUNK = new TextEncoder().encode(" ".repeat(65_536));

function endless(sent: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(ENDLESS_CHUNK);
      sent();
    },
  });
}
