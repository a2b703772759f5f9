/** Calls the API of the server on this machine, over TLS where it has a certificate. */
import { X509Certificate } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { request as requestTls, type RequestOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import type { Config } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";
import { readPem } from "../config/pem.ts";

const REQUEST_TIMEOUT_MS = 10_000;

export interface ApiAnswer {
  readonly status: number;
  /** The parsed body; `undefined` where it is no JSON. */
  readonly json: unknown;
}

/** Where the server listens, as seen from this machine. */
export function localUrl({ listeners: { host, port, tls } }: Config): string {
  return `${tls ? "https" : "http"}://${bracketed(reachable(host))}:${port}`;
}

export interface ApiCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What is shown in place of the key of `APP_API_KEY`. */
  readonly bearer?: string;
}

/**
 * Calls the API, with the key of `APP_API_KEY` if there is one. Rejects where no server answers, or another one than
 * that of the configuration.
 */
export async function callServer(
  config: Config,
  { method, path, body, bearer = config.keys.apiKey }: ApiCall,
): Promise<ApiAnswer> {
  const { host, port, tls } = config.listeners;
  const text = body === undefined ? "" : JSON.stringify(body);
  const options: RequestOptions = {
    host: reachable(host),
    port,
    path,
    method,
    headers: {
      "content-type": "application/json",
      "content-length": byteLength(text),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    },
    timeout: REQUEST_TIMEOUT_MS,
  };
  // Its certificate is made for another name than the loopback address: it is known by what it is.
  const ca = tls && readPem("APP_TLS_CERT", tls.cert);
  const pinned = ca && new X509Certificate(ca);
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = pinned
      // Without `ca`, Deno reads the system's where NODE_EXTRA_CA_CERTS is set, which takes rights to the whole system.
      ? requestTls({ ...options, rejectUnauthorized: false, ca, agent: false })
      : request({ ...options, agent: false });
    sending.on("error", reject);
    sending.on("timeout", () => sending.destroy(new Error("no answer in time")));
    sending.on("response", resolve);
    if (!pinned) return void sending.end(text);
    sending.on("socket", (socket) => {
      socket.once("secureConnect", () => {
        const { fingerprint256 } = (socket as TLSSocket).getPeerCertificate();
        if (fingerprint256 === pinned.fingerprint256) sending.end(text);
        else sending.destroy(new Error("its certificate is not that of APP_TLS_CERT"));
      });
    });
  });
  return { status: message.statusCode ?? 0, json: await readJson(message) };
}

/** What a server that could not be reached, or answered what was not asked for, is told by. */
export function serverFailure(config: Config, cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CodedError(
    "unavailable",
    `no notifyli server answers at ${localUrl(config)} (${reason})`,
    { cause },
  );
}

/** A refusal, or an answer that no notifyli gives. */
export function refusedAnswer(config: Config, { status, json }: ApiAnswer): CodedError {
  const { message }: { message?: unknown } = { ...(json as object | undefined) };
  return new CodedError(
    "unavailable",
    `the server at ${localUrl(config)} answers: ${message ?? `${status}, as no notifyli does`}`,
  );
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  let text = "";
  message.setEncoding("utf8");
  for await (const chunk of message) text += chunk;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** An address to connect to, for one to listen on. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
