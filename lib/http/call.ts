/** One call of the HTTP API as its route sees it: who calls, what the call asks for, and what it brings. */
import type { Actor, Audit } from "../auth/audit.ts";
import { siteField } from "../auth/keys/fields.ts";
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, type UserId } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Identity } from "../core/identity.ts";
import type { Expense } from "../core/work.ts";
import { type Acting, actingIn } from "./acting.ts";
import { readAsItComes, readBytes, tooLong } from "./body.ts";
import { Body, fieldsOf, fieldsOrText } from "./body_fields.ts";
import type { ApiContext } from "./api_context.ts";
import { isOperator } from "./caller.ts";
import { headerText } from "./encoded_words.ts";
import { actionOf, actorOf } from "./traces.ts";
import type { UserCallLimits } from "./user_callers.ts";

/** What all calls share. */
export interface CallParts {
  readonly audit: Audit;
  readonly users: UserCallLimits;
  readonly limits: Limits;
  /** How long a body may take. */
  readonly bodySeconds: number;
  /** Rejects where the caller's token or key was revoked, or the user blocked, since the call began. */
  requireUnrevoked(context: ApiContext): Promise<void>;
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

  /** The user who calls, by a connection token; `undefined` where an application does, or the operator. */
  get identity(): Identity | undefined {
    return this.#context.get("caller").identity;
  }

  /**
   * On whose behalf it is done: a user's, or an application's, which may name a user by `user_id` in the fields or the query.
   * Throws where a user names another one.
   */
  acting(fields: Fields): Acting {
    return actingIn(this, fields, this.#parts.limits);
  }

  /** As {@linkcode Call.acting}, where it has to be a user: some things nobody but a user has. */
  actingUser(fields: Fields): Acting & { readonly user: UserId } {
    const { user, ...acting } = this.acting(fields);
    if (user !== undefined) return { ...acting, user };
    const message = "Missing field 'user_id', which says as whom the application asks";
    throw new CodedError("missing_field", message, { field: "user_id" });
  }

  /** Counts what was done for a user's call beside it. What applications call costs them nothing. */
  charge(expense: Expense): void {
    const { identity } = this;
    if (identity !== undefined) this.#parts.users.chargeCall(identity.site, identity.user, expense);
  }

  /** Who calls, as the audit log names it. */
  get actor(): Actor {
    return actorOf(this.#context);
  }

  /** Whether somebody calls by hand, in the dashboard: all that is done there is in the audit log, also what programs do all day. */
  get isByHand(): boolean {
    return this.#context.env.known !== undefined;
  }

  /** What calls are counted by for a rate: the caller's key, or the address of a program on this machine. */
  get rateKey(): string {
    const { who } = this.#context.get("caller");
    return who === "local" ? this.#context.env.peer.address : who;
  }

  /** Rejects where the caller may not call any more: what the caller showed was revoked, or the user blocked, meanwhile. */
  async requireUnrevoked(): Promise<void> {
    await this.#parts.requireUnrevoked(this.#context);
  }

  get audit(): Audit {
    return this.#parts.audit;
  }

  /** The id that the caller made for what it sends (`Idempotency-Key`). */
  get callersId(): string | undefined {
    return this.#context.req.header("idempotency-key");
  }

  /** That id as a field, where there is one. */
  get ownId(): Fields {
    const id = this.callersId;
    return id === undefined ? {} : { id };
  }

  /**
   * A part of the path, such as `user` of `/users/:user`, decoded. Throws where it is from the query, which has several, and where
   * it has a character that PostgreSQL takes in no text.
   */
  param(name: string): string {
    this.query(name);
    const value = this.#context.req.param(name);
    if (value === undefined) throw new TypeError(`The path of this route has no ':${name}'`);
    if (value.includes("\0")) throw invalid(name, value, "a text without U+0000");
    return value;
  }

  /** A value of the query. Throws where there are several, since nobody can know which is meant. */
  query(name: string): string | undefined {
    if (!this.#context.req.url.includes("?")) return undefined; // as most have none, and each asks for several
    const given = this.#context.req.queries(name);
    if (given === undefined || given.length === 1) return given?.[0];
    const values = new Set(given);
    if (values.size > 1) throw invalid(name, [...values], "one value in the query");
    return [...values][0];
  }

  /** The site that the query names, whosever it is; `undefined` where it names none. Throws where that is no site's name. */
  get namedSite(): string | undefined {
    const site = this.query("site");
    return site === undefined ? undefined : siteField({ site });
  }

  /** The names of the parameters in the query. */
  get queryNames(): readonly string[] {
    if (!this.#context.req.url.includes("?")) return [];
    return [...new URL(this.#context.req.url).searchParams.keys()];
  }

  /** The path as it was called. */
  get path(): string {
    return new URL(this.#context.req.url).pathname;
  }

  /** Sets a header of the answer, also where the call is refused. */
  answerHeader(name: string, value: string): void {
    this.#context.header(name, value);
  }

  /** A header as a text, in UTF-8 or in the words of RFC 2047. */
  header(name: string): string | undefined {
    const value = this.#context.req.header(name);
    return value === undefined ? undefined : headerText(value);
  }

  /**
   * What is said beside the body: fields in the query, and before those that stand in a header. Throws where a field has two
   * values in the query.
   *
   * @param query names of parameters, and the fields that they are
   * @param headers names of headers in small letters, and the fields that they are
   */
  besideBody(query: ReadonlyMap<string, string>, headers: ReadonlyMap<string, string>): Fields {
    const fields: Record<string, unknown> = {};
    for (const [name, value] of this.#context.req.raw.headers) {
      const field = headers.get(name);
      if (field !== undefined) fields[field] = headerText(value);
    }
    if (!this.#context.req.url.includes("?")) return fields;
    for (const name of new URL(this.#context.req.url).searchParams.keys()) {
      const field = query.get(name);
      if (field !== undefined) fields[field] = this.query(name);
    }
    return fields;
  }

  /** The type of the body, as the caller says it. */
  get bodyType(): string | undefined {
    return this.#context.req.header("content-type");
  }

  /** Bytes of the body; `undefined` where the caller has not said so. */
  get bodyLength(): number | undefined {
    const length = this.#context.req.header("content-length");
    return length === undefined ? undefined : Number(length);
  }

  /**
   * The body as it comes, of any length. It may take as long as it goes on, until the signal aborts. A piece is good until the next
   * one is asked for. Rejects where its caller may not call any more: a body may take hours.
   */
  bodyPieces(signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const { req, env } = this.#context;
    env.peer.mayTakeLong?.();
    const pieces = readAsItComes(req.raw, env.peer, this.#parts.bodySeconds, signal);
    return this.#whileAllowed(pieces);
  }

  async *#whileAllowed<Piece>(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece, void> {
    for await (const piece of pieces) {
      await this.#parts.requireUnrevoked(this.#context);
      yield piece;
    }
    await this.#parts.requireUnrevoked(this.#context);
  }

  /** Reads the fields of the body: a JSON object, or a form. Rejects where it is too long, too slow, or neither. */
  async fields(): Promise<Fields> {
    return fieldsOf(await this.#body());
  }

  /** As {@linkcode Call.fields}, and a body that has the field `name`, a list, may be of so many bytes. */
  async fieldsWithList(name: string, bytes: number): Promise<Fields> {
    const { frame } = this.#parts.limits;
    const body = await this.#body(bytes);
    if (body.bytes.length <= frame || body.text.includes(name)) return fieldsOf(body);
    throw tooLong(frame);
  }

  /** Reads the fields of the body, of which there are none where there is no body. */
  async fieldsIfAny(): Promise<Fields> {
    const body = await this.#body();
    return body.isEmpty ? {} : fieldsOf(body);
  }

  /**
   * Reads the fields of the body; where it has none and is a text, that is the field `name`, which may also stand in the
   * query. Rejects where the two differ, since nobody can know which is meant.
   */
  async fieldsOr(name: string): Promise<Fields> {
    const fields = await fieldsOrText(await this.#body(), name);
    const asked = this.query(name);
    if (asked === undefined) return fields;
    const given = fields[name] ?? asked;
    if (given === asked) return { ...fields, [name]: asked };
    throw invalid(name, asked, `one ${name}, in the query or in the body`);
  }

  /**
   * The site that the fields name, or the query, else the caller's own. A caller that names another site is refused, so that nothing is
   * done to the wrong one; the operator may name any.
   */
  managedSite({ site: named }: Fields): string {
    const asked = this.query("site");
    const site = siteField({ site: named ?? asked ?? this.site });
    if (asked !== undefined && asked !== site) {
      throw invalid("site", asked, "one site, in the query or in the body");
    }
    if (site === this.site || this.isOperator) return site;
    const { who, address = "" } = this.actor;
    const reason = `the API key ${who} is of site ${this.site}, not of ${site}`;
    this.audit.refused({ who, address, action: actionOf(this.#context), reason });
    throw new CodedError("forbidden", `Cannot do this: ${reason}`);
  }

  async #body(bytes?: number): Promise<Body> {
    const { limits, bodySeconds } = this.#parts;
    const { req, env } = this.#context;
    return new Body(
      await readBytes(req.raw, bytes ?? limits.frame, bodySeconds, env.peer),
      this.#context.req.header("content-type"),
    );
  }
}
