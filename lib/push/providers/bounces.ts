/** What it means where a mail server refuses: who is not there any more, what is refused for good, and what may go later. */
import type { PushResult } from "../types.ts";

/** What `nodemailer` says of a failure. */
interface SmtpFailure {
  readonly code?: unknown;
  /** The command that was refused, such as `RCPT TO`. */
  readonly command?: unknown;
  readonly responseCode?: unknown;
  /** The server's whole answer, which may name the receiver. */
  readonly response?: unknown;
  readonly message?: unknown;
}

/** Of addresses (RFC 3463): no such mailbox, no such domain, bad, moved, mailbox disabled. */
const NOBODY = /^5\.(1\.(0|1|2|3|6|10)|2\.1)$/;

/** Answers to `RCPT TO` that say so where a server has no codes of RFC 3463. */
const NOBODY_PLAIN = new Set([550, 551, 553]);

/** Words by which such an answer is about the sender. */
const OF_SENDER = /relay|polic|spam|block|denied|reject|auth|reputation|blacklist/i;

export function bounceOf(error: unknown): PushResult {
  const { code, command, responseCode, response } = (error ?? {}) as SmtpFailure;
  const status = typeof responseCode === "number" ? responseCode : 0;
  const text = typeof response === "string" ? response : "";
  const [enhanced] = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(text) ?? [];
  const isOfReceiver = command === "RCPT TO";
  const name = typeof code === "string" && /^[A-Z]\w{1,30}$/.test(code) ? code : undefined;
  const why = [status || name || "the mail was not taken", enhanced].filter(Boolean).join(" ");
  // Without TLS nothing is sent, whatever the server says instead: that may be another server, in between.
  if (code === "ETLS") return { result: "later", why: "no TLS" };
  if (status >= 500 && status <= 599) {
    if (isOfServer(error as SmtpFailure, status)) return { result: "later", why, isDenied: true };
    const isGone = isOfReceiver && isNobody(status, enhanced, text);
    return { result: isGone ? "gone" : "refused", why };
  }
  // 421 ends the connection, whomever the mail is for.
  if (isOfReceiver && status >= 400 && status !== 421) {
    return { result: "later", why, isAlone: true };
  }
  return { result: "later", why };
}

/** Whether it is this server or its account that is refused, whomever a mail is for. */
function isOfServer({ code, command }: SmtpFailure, status: number): boolean {
  if (code === "EAUTH" || command === "CONN") return true;
  return command === "MAIL FROM" && status !== 552; // which is that a mail is too large
}

function isNobody(status: number, enhanced: string | undefined, text: string): boolean {
  if (enhanced !== undefined) return NOBODY.test(enhanced);
  return NOBODY_PLAIN.has(status) && !OF_SENDER.test(text);
}
