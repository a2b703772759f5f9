/** What `notifyli doctor` finds about certificates: how long they are good, and for which names. */
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { reasonOf } from "../../base/reason.ts";
import type { Config } from "../../configuration.ts";
import { type Finding, findings } from "./finding.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Certificates are renewed a month before their end, so that something is wrong with one that has less. */
const SOON_DAYS = 14;

const CONNECT_MS = 5000;

type Found = ReturnType<typeof findings>;

/** The server's own certificate. */
export function lookAtCertificate({ listeners: { tls } }: Config): readonly Finding[] {
  if (tls === undefined) return [];
  const found = findings("Certificate");
  try {
    const { validTo, subjectAltName } = new X509Certificate(Deno.readTextFileSync(tls.cert));
    judge(found, new Date(validTo), `${tls.cert} (${subjectAltName ?? "without names"})`);
  } catch (error) {
    found.error(
      `${tls.cert} cannot be read: ${reasonOf(error)}`,
      "compare APP_TLS_CERT with the file",
    );
  }
  return found.made;
}

/** The certificate that others are shown at a public address. */
export async function lookAtPublicCertificate(url: URL): Promise<readonly Finding[]> {
  const found = findings("Public address");
  if (url.protocol !== "https:") {
    found.warning(
      `${url.origin} has no TLS: tokens and messages can be read on the way`,
      "put a proxy with a certificate in front (docs/deploy.md)",
    );
    return found.made;
  }
  try {
    judge(found, await endOf(url), `the certificate of ${url.host}`);
  } catch (error) {
    found.error(`no TLS at ${url.host}: ${reasonOf(error)}`, "look whether the proxy runs there");
  }
  return found.made;
}

/** It is looked at when it ends, whoever signed it. */
function endOf(url: URL): Promise<Date> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((settle, reject) => {
    const socket = connect({
      ...{ host, port: Number(url.port || 443), rejectUnauthorized: false, timeout: CONNECT_MS },
      servername: /^[\d.:]+$|:/.test(host) ? "" : host,
    });
    socket.on("secureConnect", () => {
      settle(new Date(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
    socket.on("timeout", () => socket.destroy(new Error("no answer in time")));
    socket.on("error", reject);
  });
}

function judge(found: Found, end: Date, what: string): void {
  const days = Math.floor((end.getTime() - Date.now()) / DAY_MS);
  const mend = "renew it (certbot renew), and reload the server: systemctl reload notifyli";
  const date = end.toISOString().slice(0, 10);
  if (days < 0) found.error(`${what} ended on ${date}: no client connects`, mend);
  else if (days < SOON_DAYS) found.warning(`${what} ends in ${days} days, on ${date}`, mend);
  else found.ok(`${what} is good until ${date}`);
}
