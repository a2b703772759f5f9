/** Mail, by the server that the settings name. Next: `mail_text.ts`, which writes it, and `bounces.ts`, which reads refusals. */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { invalid } from "../../base/fields.ts";
import { reasonOf } from "../../base/reason.ts";
import { readPem } from "../../config/pem.ts";
import type { ProviderNote, PushProvider } from "../provider.ts";
import type { Device, DeviceMessage, Push, PushResult } from "../types.ts";
import { bounceOf } from "./bounces.ts";
import { mailText } from "./mail_text.ts";
import type { MailConfig } from "./settings.ts";
import { parseMailAddress } from "./smtp_address.ts";
import { certificateNote } from "./tls_end.ts";

/** How many connections there are to the server at most, and how many mails go over one. */
const CONNECTIONS = 5;
const MAILS_A_CONNECTION = 100;

/** How long a server may be silent while a connection is made, and later. */
const GREETING_MS = 10_000;
const SILENCE_MS = 30_000;

/** Mails that wait for a connection at once: who sends waits for each, so that there are not many. */
const MOST_WAITING = 1000;

/** 128 bits. */
const ID_BYTES = 16;

type Transport = Awaited<ReturnType<typeof loadTransport>>;

export interface MailOptions {
  readonly config: MailConfig;
  /** The authority of `config.tlsCa`, in PEM. */
  readonly ca: string | undefined;
  /** Unix milliseconds. */
  now(): number;
}

/** Reads the authority that a setting names. Throws a `ConfigError`. */
export function readMailCa({ tlsCa }: MailConfig): string | undefined {
  return tlsCa === undefined ? undefined : readPem("SMTP_TLS_CA", tlsCa, "CERTIFICATE");
}

export class Mail implements PushProvider {
  readonly name = "mail";
  /** A mail that was sent cannot be taken back. */
  readonly closes = false;
  readonly #options: MailOptions;
  #transport: Promise<Transport> | undefined;
  #waiting = 0;

  constructor(options: MailOptions) {
    this.#options = options;
  }

  tokenOf(value: unknown): string {
    const address = typeof value === "string" ? parseMailAddress(value.trim()) : undefined;
    if (address === undefined) {
      throw invalid("token", "…", "a mail address such as ada@shop.example");
    }
    return address;
  }

  originOf(): string {
    const { host, port } = this.#options.config.smtp;
    return `smtp://${host}:${port}`;
  }

  async send(device: Device, message: DeviceMessage, signal: AbortSignal): Promise<PushResult> {
    if (message.what === "close") return { result: "refused", why: "a mail cannot be taken back" };
    if (message.expiresAt <= this.#options.now()) {
      return { result: "refused", why: "it has expired" };
    }
    if (this.#waiting >= MOST_WAITING) {
      return { result: "later", why: "too many mails wait", isAlone: true };
    }
    this.#waiting++;
    try {
      return await unlessAborted(signal, this.#send(device, message));
    } finally {
      this.#waiting--;
    }
  }

  /** Says whether the server takes this one's word, and how long its certificate is good. */
  async check(now: number): Promise<readonly ProviderNote[]> {
    const { config } = this.#options;
    try {
      readMailCa(config);
    } catch (error) {
      return [{ level: "error", text: reasonOf(error) }];
    }
    try {
      await (await this.#loaded()).verify();
    } catch (error) {
      const bounce = bounceOf(error);
      const level = bounce.result === "later" && !bounce.isDenied ? "warning" : "error";
      return [{ level, text: `SMTP_URL: ${"why" in bounce ? bounce.why : ""}` }];
    }
    const { smtp: { host, port, tls } } = config;
    if (tls === "none") return [];
    const { ca } = this.#options;
    return await certificateNote(`${host}:${port} (SMTP_URL)`, {
      ...{ host, port },
      ...(ca !== undefined && { ca }),
      ...(tls === "starttls" && { begin: beginTls }),
    }, now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#transport?.catch(() => undefined))?.close();
  }

  async #send(device: Device, push: Push): Promise<PushResult> {
    try {
      const { messageId } = await (await this.#loaded()).sendMail(this.#mailOf(device, push));
      return { result: "taken", ref: String(messageId).replace(/[<>]/g, "") };
    } catch (error) {
      return bounceOf(error);
    }
  }

  #mailOf(device: Device, push: Push) {
    const { from } = this.#options.config;
    const { unsubscribeUrl, group, priority, id, at } = push;
    const root = group === undefined ? undefined : this.#idOf(device, `group ${group}`);
    return {
      from: { name: from.name ?? "", address: from.address },
      to: { name: "", address: device.token },
      ...mailText(push, device),
      date: new Date(at * 1000),
      messageId: this.#idOf(device, id),
      // All of a group are answers to one that never was, so that readers show them together.
      ...(root !== undefined && { references: root, inReplyTo: root }),
      ...(priority === 5 && { priority: "high" as const }),
      headers: {
        "Auto-Submitted": "auto-generated",
        ...(unsubscribeUrl !== undefined && {
          "List-Unsubscribe": `<${unsubscribeUrl}>`,
          "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }),
      },
    };
  }

  /** The same for each try, so that a mail which came twice can be known. It says nothing of what it is of. */
  #idOf({ id: device, site }: Device, name: string): string {
    const hash = createHash("sha256").update(JSON.stringify([site, device, name])).digest();
    const domain = this.#options.config.from.address.split("@").at(-1);
    return `<${hash.subarray(0, ID_BYTES).toString("hex")}@${domain}>`;
  }

  #loaded(): Promise<Transport> {
    return this.#transport ??= loadTransport(this.#options).catch((error) => {
      this.#transport = undefined;
      throw error;
    });
  }
}

/** Loaded with the first mail: a server that sends none has no use for it. */
async function loadTransport({ config: { smtp }, ca }: MailOptions) {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: MAILS_A_CONNECTION,
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === "implicit",
    requireTLS: smtp.tls === "starttls",
    ignoreTLS: smtp.tls === "none",
    ...(smtp.login !== undefined && {
      auth: { user: smtp.login.user, pass: smtp.login.password },
    }),
    ...(ca !== undefined && { tls: { ca: [ca] } }),
    connectionTimeout: GREETING_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    // What somebody wrote into a notification must not have files of this machine sent, or addresses asked.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** A mail that is under way cannot be ended: it is sent again under the same id where nobody knows whether it went. */
async function unlessAborted(signal: AbortSignal, sent: Promise<PushResult>): Promise<PushResult> {
  const ended = Promise.withResolvers<PushResult>();
  const end = () => ended.resolve({ result: "later", why: "no answer in time" });
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  try {
    return await Promise.race([sent, ended.promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Has a mail server begin TLS (RFC 3207). */
async function beginTls(socket: Socket): Promise<void> {
  await answered(socket, /^220 /m);
  socket.write("EHLO notifyli\r\n");
  await answered(socket, /^250 /m);
  socket.write("STARTTLS\r\n");
  await answered(socket, /^220 /m);
}

/** Resolves when the last line of an answer has come. */
function answered(socket: Socket, last: RegExp): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    const take = (chunk: { toString(): string }) => {
      text += chunk.toString();
      const isRefused = /^[45]\d\d /m.test(text) || text.length > 10_000;
      if (!isRefused && !last.test(text)) return;
      socket.off("data", take);
      if (isRefused) reject(new Error("it does not begin TLS"));
      else resolve();
    };
    socket.on("data", take);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("it closed the connection")));
  });
}
