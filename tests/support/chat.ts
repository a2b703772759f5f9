/** Users of conversations in tests: by version 2, and over HTTP with their tokens or an application's key. */
import { operatorKeyOf } from "./manager.ts";
import type { Program } from "./program.ts";
import { type Frame, TestClient } from "./test_client.ts";
import { connectionToken } from "./tokens.ts";

export type Json = Record<string, unknown>;

export interface HttpAnswer {
  readonly status: number;
  readonly json: Json;
  readonly headers: Headers;
}

/** Calls the API with a key or a user's token. */
export class Caller {
  constructor(readonly program: Program, readonly bearer: string) {}

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> {
    const response = await fetch(`${this.program.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.bearer}`, ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = text === "" ? {} : JSON.parse(text);
    return { status: response.status, json, headers: response.headers };
  }

  /** Resolves with the JSON of the answer; rejects where the call is refused. */
  async done(method: string, path: string, body?: unknown): Promise<Json> {
    const { status, json } = await this.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }
}

/** A user who has a token of the test's key. */
export async function userOf(
  program: Program,
  sub: number | string,
  claims: Json = {},
): Promise<Caller> {
  return new Caller(program, await connectionToken({ sub: String(sub), ...claims }));
}

/** The user's connection, which hears of its conversations. */
export async function listening(caller: Caller): Promise<TestClient> {
  const client = await TestClient.connectWithToken(caller.program.webSocketUrl, caller.bearer);
  await client.command("conversations");
  return client;
}

/** An application with a new key. */
export async function applicationOf(
  program: Program,
  scopes: readonly string[],
  site = "default",
): Promise<Caller> {
  const operator = new Caller(program, operatorKeyOf(program));
  const { key } = await operator.done("POST", "/keys", { name: "app", scopes, site });
  return new Caller(program, String(key));
}

/** Sends a command and resolves with what its refusal says: code, field and message. */
export async function refusalOf(client: TestClient, frame: Frame): Promise<Json> {
  const ref = crypto.randomUUID();
  client.send({ ...frame, ref });
  await client.settled();
  const reply = client.frames.find((each) => each["ref"] === ref);
  if (reply?.["success"] !== false) throw new Error(`taken: ${JSON.stringify(frame)}`);
  const { code, field, error } = reply;
  return { code, field, error };
}
