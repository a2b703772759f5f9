/** One call of the HTTP API as its route sees it: who calls, what the call asks for, and what it brings. */
import type { Actor, Audit } from "../auth/audit.ts";
import { siteField } from "../auth/keys/fields.ts";
import { CodedError } from "../base/errors.ts";
import { type Fields, parseObject } from "../base/fields.ts";
import { readBody } from "./body.ts";
import { type ApiContext, isOperator } from "./caller.ts";
import { actionOf, actorOf } from "./traces.ts";

/** What all calls share. */
export interface CallParts {
  readonly audit: Audit;
  /** How many bytes a body may have. */
  readonly bodyLimit: number;
  /** How long a body may take. */
  readonly bodySeconds: number;
}

export class Call {
  readonly #context: ApiContext;
  readonly #parts: CallParts;

  constructor(context: ApiContext, parts: CallParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** The caller's site, the only one that most callers reach. */
  get site(): string {
    return this.#context.get("caller").site;
  }

  /** Whether the caller is the operator, who manages every site. */
  get isOperator(): boolean {
    return isOperator(this.#context.get("caller"));
  }

  /** Who calls, as the audit log names it. */
  get actor(): Actor {
    return actorOf(this.#context);
  }

  /** What calls are counted by for a rate: the caller's key, or the address of a program on this machine. */
  get rateKey(): string {
    const { who } = this.#context.get("caller");
    return who === "local" ? this.#context.env.peer.address : who;
  }

  get audit(): Audit {
    return this.#parts.audit;
  }

  /** The id that the caller made for what it sends (`Idempotency-Key`). */
  get callersId(): string | undefined {
    return this.#context.req.header("idempotency-key");
  }

  /** Whether the body says that it is JSON. */
  get isJson(): boolean {
    return this.#context.req.header("content-type")?.includes("application/json") ?? false;
  }

  /** A part of the path, such as `user` of `/users/:user`, decoded. */
  param(name: string): string {
    const value = this.#context.req.param(name);
    if (value === undefined) throw new TypeError(`The path of this route has no ':${name}'`);
    return value;
  }

  query(name: string): string | undefined {
    return this.#context.req.query(name);
  }

  /** A header as UTF-8, as curl sends it; the runtime reads headers as Latin-1. */
  header(name: string): string | undefined {
    const value = this.#context.req.header(name);
    if (value === undefined) return undefined;
    try {
      const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return value; // the header was Latin-1
    }
  }

  /** Reads the body. Rejects where it is too long, too slow, or no UTF-8. */
  text(): Promise<string> {
    return readBody(this.#context.req.raw, this.#parts.bodyLimit, this.#parts.bodySeconds);
  }

  /** Reads the fields of the body's JSON object. */
  async fields(): Promise<Fields> {
    return parseObject(await this.text(), "body");
  }

  /** Reads the fields of the body, of which there are none where there is no body. */
  async fieldsIfAny(): Promise<Fields> {
    const text = await this.text();
    return text.trim() === "" ? {} : parseObject(text, "body");
  }

  /**
   * The site that the fields name, else the caller's own. A caller that names another site is refused, so that nothing is
   * done to the wrong one; the operator may name any.
   */
  managedSite({ site: named }: Fields): string {
    const site = siteField({ site: named ?? this.site });
    if (site === this.site || this.isOperator) return site;
    const { who, address = "" } = this.actor;
    const reason = `the API key ${who} is of site ${this.site}, not of ${site}`;
    this.audit.refused({ who, address, action: actionOf(this.#context), reason });
    throw new CodedError("forbidden", `Cannot do this: ${reason}`);
  }
}
