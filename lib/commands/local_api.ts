/** Calls the API of the server on this machine, over TLS where it has a certificate. */
import { X509Certificate } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { request as requestTls, type RequestOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import type { Config } from "../configuration.ts";
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import { readPem } from "../config/pem.ts";
import { reachable } from "../listeners/knock.ts";
import { localUrl } from "./local_address.ts";

const REQUEST_TIMEOUT_MS = 10_000;

export interface ApiAnswer {
  readonly status: number;
  /** The parsed body; `undefined` where it is no JSON. */
  readonly json: unknown;
}

export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** What is sent as JSON. */
  readonly body?: unknown;
  /** How long the server may say nothing. @default 10 s */
  readonly silentMs?: number;
  /** A proof that is shown in place of the key of `APP_API_KEY`. */
  readonly bearer?: string;
}

/**
 * Calls the API, with the key of `APP_API_KEY` if there is one. Rejects where no server answers, or where another server
 * answers than that of the configuration.
 */
export async function callServer(config: Config, call: ApiCall): Promise<ApiAnswer> {
  const message = await sendTo(config, call);
  return { status: message.statusCode ?? 0, json: await readJson(message) };
}

/** As {@linkcode callServer}, but resolves when the answer begins, for one that may be very long. */
export async function sendTo(config: Config, call: ApiCall): Promise<IncomingMessage> {
  const { tls } = config.listeners;
  const text = call.body === undefined ? "" : JSON.stringify(call.body);
  const options = requestOptions(config, call, text);
  return tls === undefined
    ? await sendPlain(options, text)
    : await sendPinned(options, text, readPem("APP_TLS_CERT", tls.cert));
}

function requestOptions(
  { keys, listeners: { host, port } }: Config,
  { method, path, bearer = keys.apiKey, silentMs = REQUEST_TIMEOUT_MS }: ApiCall,
  text: string,
): RequestOptions {
  return {
    host: reachable(host),
    port,
    path,
    method,
    headers: {
      "content-type": "application/json",
      "content-length": byteLength(text),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    },
    timeout: silentMs,
    agent: false,
  };
}

function sendPlain(options: RequestOptions, text: string): Promise<IncomingMessage> {
  const sending = request(options);
  const answer = answerTo(sending);
  sending.end(text);
  return answer;
}

/**
 * Sends a request to the server that has the certificate. It is for another name than the loopback address, so it is
 * compared with the one of the settings, and only then is the request sent.
 */
function sendPinned(
  options: RequestOptions,
  text: string,
  certificate: string,
): Promise<IncomingMessage> {
  const pinned = new X509Certificate(certificate);
  // Without `ca`, Deno would read the system's where NODE_EXTRA_CA_CERTS is set, and need rights to the whole system.
  const sending = requestTls({ ...options, rejectUnauthorized: false, ca: certificate });
  sending.on("socket", (socket) => {
    socket.once("secureConnect", () => {
      const { fingerprint256 } = (socket as TLSSocket).getPeerCertificate();
      if (fingerprint256 === pinned.fingerprint256) sending.end(text);
      else sending.destroy(new Error("its certificate is not that of APP_TLS_CERT"));
    });
  });
  return answerTo(sending);
}

function answerTo(sending: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sending.on(
      "error",
      (error) => reject(sending.writableFinished ? new LostAnswer(error) : error),
    );
    sending.on("timeout", () => sending.destroy(new Error("no answer in time")));
    sending.on("response", resolve);
  });
}

/** The request was sent, and no answer came. */
class LostAnswer extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** The error that the server could not be reached, or did not answer what may have reached it. */
export function serverFailure(config: Config, cause: unknown): CodedError {
  if (cause instanceof LostAnswer) {
    return new CodedError(
      "unconfirmed",
      `the server at ${localUrl(config)} did not answer (${cause.message}), and may have done it`,
      { cause },
    );
  }
  return new CodedError(
    "unavailable",
    `no notifyli server answers at ${localUrl(config)} (${reasonOf(cause)})`,
    { cause },
  );
}

/** Whether a call failed since nobody listens at the server's address. */
export function isNobodyThere(error: unknown): boolean {
  return error instanceof Error && /ECONNREFUSED|os error 111/.test(`${error} ${codeOf(error)}`);
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}

/** The error that the server refused, or answered as no notifyli does. */
export function refusedAnswer(config: Config, { status, json }: ApiAnswer): CodedError {
  const { code, message }: { code?: unknown; message?: unknown } = {
    ...(json as object | undefined),
  };
  return new CodedError(
    code === "unconfirmed" ? code : "unavailable",
    `the server at ${localUrl(config)} answers: ${message ?? `${status}, as no notifyli does`}`,
  );
}

export async function readJson(message: IncomingMessage): Promise<unknown> {
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
