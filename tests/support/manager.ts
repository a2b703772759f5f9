/** Calls the API of a program with a key that has the scope `manage`. */
import { SCOPES } from "../../lib/base/scope.ts";
import type { Program } from "./program.ts";

type Json = Record<string, unknown>;

/** A server whose API is called, be it in a process of its own or not. */
type Called = Pick<Program, "url" | "dataDir">;

/** The operator's key, as a program's operator reads it in the data folder. */
export function operatorKeyOf({ dataDir }: Pick<Called, "dataDir">): string {
  return Deno.readTextFileSync(`${dataDir}/operator.key`).trim();
}

export class Manager {
  readonly key: string;

  private constructor(key: string) {
    this.key = key;
  }

  /** Makes a new key of a site, with the operator's key. */
  static async of(program: Called, site = "default"): Promise<Manager> {
    const body = JSON.stringify({ name: "ops", scopes: SCOPES, site });
    const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
    const response = await fetch(`${program.url}/api/keys`, { method: "POST", headers, body });
    const { key, ...answer } = await response.json();
    if (typeof key !== "string") throw new Error(JSON.stringify(answer));
    return new Manager(key);
  }

  /** Resolves with the status of the answer, and its JSON if it has any. */
  async call(
    { url }: Pick<Called, "url">,
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: Json }> {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}` },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === "" ? {} : JSON.parse(text) };
  }

  /** Posts, and resolves with the JSON of the answer. Rejects where the call is refused. */
  async done(program: Pick<Called, "url">, path: string, body?: unknown): Promise<Json> {
    const { status, json } = await this.call(program, "POST", path, body);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  async stats(program: Pick<Called, "url">): Promise<Record<string, number>> {
    return (await this.call(program, "GET", "/stats")).json as Record<string, number>;
  }
}
