/** FCM and the token endpoint of Google on this machine: it verifies assertions, takes messages, and answers as a test wants. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { waitFor } from "../wait.ts";

const PROJECT = "shop-1234";
const EMAIL = `notifyli@${PROJECT}.iam.gserviceaccount.com`;

export interface FcmMessage {
  readonly token: string;
  // deno-lint-ignore no-explicit-any -- the parts of a message are looked at by tests alone
  readonly [part: string]: any;
}

/** How FCM writes that something is wrong. */
export function fcmError(
  status: number,
  errorCode: string | undefined,
  { message = "…", field, headers = {} }: {
    message?: string;
    field?: string;
    headers?: Record<string, string>;
  } = {},
): Response {
  const type = "type.googleapis.com/google";
  const details = [
    ...(errorCode === undefined
      ? []
      : [{ "@type": `${type}.firebase.fcm.v1.FcmError`, errorCode }]),
    ...(field === undefined ? [] : [{
      "@type": `${type}.rpc.BadRequest`,
      fieldViolations: [{ field, description: message }],
    }]),
  ];
  const names: Record<number, string> = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
  };
  const error = { code: status, message, status: names[status] ?? "ERROR", details };
  return Response.json({ error }, { status, headers });
}

export class FcmService implements AsyncDisposable {
  readonly taken: FcmMessage[] = [];
  /** How many tokens were got. */
  tokens = 0;
  /** Answers the next messages, in place of the service's own answer: `undefined` leaves it to that. */
  answer: (message: FcmMessage) => Response | Promise<Response> | undefined = () => undefined;
  /** Answers the next requests for a token in the same way. */
  answerToken: () => Response | Promise<Response> | undefined = () => undefined;
  readonly #key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #folder = Deno.makeTempDirSync();
  readonly #good = new Set<string>();

  constructor() {
    this.#key = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
    this.writeCredentials();
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Path of the service account's file. */
  get credentials(): string {
    return `${this.#folder}/account.json`;
  }

  /** The settings of a notifyli that sends by it. */
  get env(): Record<string, string> {
    return { PUSH_FCM_CREDENTIALS: this.credentials, PUSH_FCM_SERVER: this.origin };
  }

  /** Writes the file anew, with other fields where `changes` says so. */
  writeCredentials(changes: Readonly<Record<string, unknown>> = {}): void {
    const account = {
      type: "service_account",
      project_id: PROJECT,
      private_key_id: "key-1",
      private_key: this.#key.privateKey.export({ type: "pkcs8", format: "pem" }),
      client_email: EMAIL,
      token_uri: `${this.origin}/token`,
      ...changes,
    };
    Deno.writeTextFileSync(this.credentials, JSON.stringify(account));
  }

  /** Ends all tokens that were given, as if their hour was over. */
  endTokens(): void {
    this.#good.clear();
  }

  /** Resolves with the first messages, once there are so many. */
  async get(count: number): Promise<FcmMessage[]> {
    await waitFor(`${count} messages`, () => this.taken.length >= count);
    return this.taken.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #take(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/token") return await this.#giveToken(await request.formData());
    if (pathname !== `/v1/projects/${PROJECT}/messages:send`) return fcmError(404, undefined);
    const { message } = await request.json();
    const answer = await this.answer(message);
    if (answer !== undefined) return answer;
    const [, token = ""] = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
    if (!this.#good.has(token)) return fcmError(401, undefined);
    this.taken.push(message);
    return Response.json({ name: `projects/${PROJECT}/messages/0:${this.taken.length}%7` });
  }

  async #giveToken(form: FormData): Promise<Response> {
    const answer = await this.answerToken();
    if (answer !== undefined) return answer;
    assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [head = "", payload = "", signature = ""] = String(form.get("assertion")).split(".");
    assert.deepEqual(jsonIn(head), { alg: "RS256", typ: "JWT", kid: "key-1" });
    const { iss, sub, aud, scope, iat, exp } = jsonIn(payload);
    const uri = `${this.origin}/token`;
    assert.deepEqual([iss, sub, aud, Number(exp) - Number(iat)], [EMAIL, EMAIL, uri, 3600]);
    assert.equal(scope, "https://www.googleapis.com/auth/firebase.messaging");
    const text = Buffer.from(`${head}.${payload}`);
    const isGood = verify("sha256", text, this.#key.publicKey, Buffer.from(signature, "base64url"));
    if (!isGood) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const token = `token-is-secret-${++this.tokens}`;
    this.#good.add(token);
    return Response.json({ access_token: token, expires_in: 3599, token_type: "Bearer" });
  }
}

function jsonIn(base64url: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(base64url, "base64url").toString());
}
