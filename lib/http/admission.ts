/**
 * Stands before every request on both listeners: for the page, the API, streams and upgrades. It checks by which host a
 * request calls, from which address, and, on an open server, whether it comes from elsewhere. Next: `app.ts`, or an upgrade.
 */
import { type OpenConfig, OpenModeGuard } from "../net/open_mode.ts";
import type { Refusals } from "../core/refusals.ts";
import { type ErrorCode, ERRORS } from "../base/errors.ts";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import type { Peer } from "../core/socket.ts";
import type { AllowedOrigins } from "../net/origin.ts";
import { refusalFor } from "./cors.ts";
import { pathReader } from "./paths.ts";
import { type HostConfig, HostRules, isHostHeader } from "../net/host_rules.ts";

/** What an open server answers to anyone, since it tells nothing but that the server is there. */
const HEALTH: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** The part of the configuration that admission needs. */
type AdmissionConfig = HostConfig & OpenConfig & {
  readonly listeners: { readonly basePath: string };
  readonly net: { readonly origins: AllowedOrigins };
};

export class Admission {
  readonly #hosts: HostRules;
  readonly #openMode: OpenModeGuard;
  readonly #gate: ConnectionGate;
  readonly #refusals: Refusals;
  readonly #origins: AllowedOrigins;
  readonly #pathOf: (request: Request) => string;

  constructor(config: AdmissionConfig, gate: ConnectionGate, refusals: Refusals) {
    this.#hosts = new HostRules(config);
    this.#openMode = new OpenModeGuard(config);
    this.#gate = gate;
    this.#refusals = refusals;
    this.#origins = config.net.origins;
    this.#pathOf = pathReader(config.listeners.basePath);
  }

  /** The server listens on this port now. Requests that an open server has to check wait for this call. */
  listensOn(port: number): Promise<void> {
    return this.#openMode.listensOn(port);
  }

  /** Why a caller is not taken for a program that the server's own user runs on this machine; `undefined` where it is. */
  whyNotOwnProgram(peer: Peer): Promise<string | undefined> {
    return this.#openMode.whyNotOwnProgram(peer);
  }

  /** The answer to a request that goes no further; `undefined` for others. Only an open server answers by a promise. */
  refusal(request: Request, peer: Peer): Response | undefined | Promise<Response | undefined> {
    const refused = this.#refused(request, peer);
    if (refused === undefined) return undefined;
    if (refused instanceof Response) return refusalFor(request, refused, this.#origins);
    return refused.then((answer) => answer && refusalFor(request, answer, this.#origins));
  }

  #refused(
    request: Request,
    peer: Peer,
  ): Response | undefined | Promise<Response | undefined> {
    const { headers, url } = request;
    // Such a request would fail further on, and be logged with all of its URL.
    if (!URL.canParse(url) || !isHostHeader(headers.get("host"))) return this.#unreadable();
    return this.#otherHost(request) ?? this.#gate.refusal(request, peer) ??
      this.#elsewhere(request, peer);
  }

  #unreadable(): Response {
    return this.#answer(
      "invalid_field",
      "Cannot read the URL of the request: its header 'Host' is no host",
    );
  }

  #otherHost(request: Request): Response | undefined {
    const host = this.#hosts.foreignHost(request);
    if (host === undefined) return undefined;
    if (this.#hosts.areNamed) {
      const shown = JSON.stringify(host);
      return this.#answer(
        "host_denied",
        `Cannot use this server as host ${shown}: APP_HOSTS names those that it may be called by`,
      );
    }
    if (this.#isHealth(request)) return undefined;
    return this.#answer("host_denied", this.#openMode.refusalOfHost(host));
  }

  #elsewhere(request: Request, peer: Peer): undefined | Promise<Response | undefined> {
    if (!this.#openMode.isGuarded || this.#isHealth(request)) return undefined;
    return this.#openMode.refusal(request, peer)
      .then((why) => why === undefined ? undefined : this.#answer("forbidden", why));
  }

  #isHealth(request: Request): boolean {
    return HEALTH.has(this.#pathOf(request));
  }

  #answer(code: ErrorCode, message: string): Response {
    this.#refusals.note(code);
    return Response.json({ code, message }, { status: ERRORS[code].status });
  }
}
