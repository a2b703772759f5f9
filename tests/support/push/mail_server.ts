/** A mail server on this machine that keeps what it gets, and refuses what a test wants it to: `smtp-server`, and TLS. */
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { Certificate } from "../certificate.ts";
import { waitFor } from "../wait.ts";

export const MAIL_FROM = "Shop <news@shop.example>";
const LOGIN = { user: "shop", password: "password-is-secret" };

/** A refusal, such as `550 5.1.1 No such user`. */
export type Refusal = string | undefined;

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came. */
  readonly source: string;
  /** Its headers by their names in small letters, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  /** Its parts by their types, decoded. */
  readonly parts: ReadonlyMap<string, string>;
  readonly isSecure: boolean;
  readonly user: string | undefined;
}

export interface MailServerOptions {
  /** Whether TLS begins with the connection, is asked for (STARTTLS), or is not to be had. @default "starttls" */
  readonly tls?: "implicit" | "starttls" | "none";
  /** Whether one has to sign in. @default true */
  readonly isClosed?: boolean;
}

export class MailServer implements AsyncDisposable {
  readonly taken: TakenMail[] = [];
  connections = 0;
  /** Refuses a sender, a receiver, or a whole mail. */
  refuse: (what: "MAIL" | "RCPT" | "DATA", address: string) => Refusal | Promise<Refusal> = () =>
    undefined;
  readonly #server: SMTPServer;
  readonly #certificate: Certificate;
  readonly #tls: "implicit" | "starttls" | "none";

  private constructor(
    certificate: Certificate,
    server: SMTPServer,
    tls: "implicit" | "starttls" | "none",
  ) {
    this.#certificate = certificate;
    this.#server = server;
    this.#tls = tls;
  }

  static async start(
    { tls = "starttls", isClosed = true }: MailServerOptions = {},
  ): Promise<MailServer> {
    const certificate = await Certificate.make();
    const pair = await certificate.read();
    const server: SMTPServer = new SMTPServer({
      ...pair,
      secure: tls === "implicit",
      ...(tls === "none" && { disabledCommands: ["STARTTLS"] }),
      authOptional: !isClosed,
      logger: false,
      onConnect: (_session, done) => {
        mails.connections++;
        done();
      },
      onAuth: ({ username, password }, _session, done) => {
        const isGood = username === LOGIN.user && password === LOGIN.password;
        if (isGood) done(null, { user: username });
        else done(failure("535 5.7.8 Authentication failed"));
      },
      onMailFrom: ({ address }, _session, done) => mails.#say("MAIL", address, done),
      onRcptTo: ({ address }, _session, done) => mails.#say("RCPT", address, done),
      onData: (stream, session, done) => {
        const chunks: Uint8Array[] = [];
        stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
        stream.on("end", () => {
          const source = new TextDecoder().decode(
            Uint8Array.from(chunks.flatMap((chunk) => [...chunk])),
          );
          const { mailFrom, rcptTo } = session.envelope;
          const mail = {
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            source,
            ...parsed(source),
            isSecure: session.secure === true,
            user: session.user === undefined ? undefined : String(session.user),
          };
          void mails.#say("DATA", mail.from, (error) => {
            if (!error) mails.taken.push(mail);
            done(error);
          });
        });
      },
    });
    const mails = new MailServer(certificate, server, tls);
    server.on("error", () => {}); // a client that went is none of the server's affair
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return mails;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  /** Path of the authority of its certificate. */
  get ca(): string {
    return this.#certificate.cert;
  }

  get url(): string {
    const { user, password } = LOGIN;
    const scheme = this.#tls === "implicit" ? "smtps" : "smtp";
    const off = this.#tls === "none" ? "?tls=off" : "";
    return `${scheme}://${user}:${password}@127.0.0.1:${this.port}${off}`;
  }

  /** The settings of a notifyli that sends by it. */
  get env(): Record<string, string> {
    return { SMTP_URL: this.url, SMTP_FROM: MAIL_FROM, SMTP_TLS_CA: this.ca };
  }

  /** Cuts all connections. */
  cut(): void {
    const { connections } = this.#server as unknown as {
      connections: Set<{ _socket: { destroy(): void } }>;
    };
    for (const each of connections) each._socket.destroy();
  }

  /** Resolves with the first mails, once there are so many. */
  async get(count: number): Promise<TakenMail[]> {
    await waitFor(`${count} mails`, () => this.taken.length >= count);
    return this.taken.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
    await this.#certificate[Symbol.asyncDispose]();
  }

  async #say(
    what: "MAIL" | "RCPT" | "DATA",
    address: string,
    done: (error?: Error | null) => void,
  ): Promise<void> {
    const refusal = await this.refuse(what, address);
    done(refusal === undefined ? undefined : failure(refusal));
  }
}

function failure(refusal: string): Error {
  const [, status, text] = /^(\d{3}) (.*)$/.exec(refusal) ?? [];
  return Object.assign(new Error(text), { responseCode: Number(status) });
}

function parsed(source: string): Pick<TakenMail, "headers" | "parts"> {
  const [head = "", ...rest] = source.split("\r\n\r\n");
  const headers = headersIn(head);
  const body = rest.join("\r\n\r\n");
  const [, boundary] = /boundary="?([^";]+)/.exec(headers.get("content-type") ?? "") ?? [];
  const parts = boundary === undefined ? [source] : body.split(`--${boundary}`).slice(1, -1);
  return {
    headers,
    parts: new Map(parts.map((part) => {
      const [partHead = "", ...lines] = part.trimStart().split("\r\n\r\n");
      const own = headersIn(partHead);
      const type = (own.get("content-type") ?? "").split(";")[0] ?? "";
      return [type, decoded(lines.join("\r\n\r\n"), own.get("content-transfer-encoding") ?? "")];
    })),
  };
}

function headersIn(text: string): Map<string, string> {
  const lines = text.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return new Map(lines.map((line) => {
    const [, name = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    return [name.toLowerCase(), words(value)];
  }));
}

/** Encoded words of RFC 2047. */
function words(text: string): string {
  return text.replace(/\?=\s+=\?/g, "?==?").replace(
    /=\?utf-8\?([bq])\?([^?]*)\?=/gi,
    (_all, kind: string, word: string) =>
      kind.toLowerCase() === "b"
        ? new TextDecoder().decode(Uint8Array.fromBase64(word))
        : quoted(word.replaceAll("_", " ")),
  );
}

function decoded(text: string, encoding: string): string {
  if (encoding === "base64") {
    return new TextDecoder().decode(Uint8Array.fromBase64(text.replace(/\s/g, "")));
  }
  return encoding === "quoted-printable" ? quoted(text.replace(/=\r\n/g, "")) : text;
}

function quoted(text: string): string {
  const bytes = text.replace(
    /=([0-9A-F]{2})/g,
    (_all, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}
