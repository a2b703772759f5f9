/** How long the certificate of a server is good, for `notifyli check`. */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { ProviderNote } from "../provider.ts";

/** A certificate that ends sooner is warned of: whoever renews it should have done so by then. */
const WARNED_DAYS = 14;

const TIMEOUT_MS = 5000;

const DAY_MS = 24 * 3_600_000;

export interface TlsPlace {
  readonly host: string;
  readonly port: number;
  /** An authority in PEM besides the known ones. */
  readonly ca?: string;
  /** Has the server begin TLS on a connection that is open; resolves when it does. */
  begin?(socket: Socket): Promise<void>;
}

/** What there is to say of a server's certificate: at least how many days it has left. @param now Unix milliseconds */
export async function certificateNote(
  name: string,
  place: TlsPlace,
  now: number,
): Promise<ProviderNote[]> {
  let end: number;
  try {
    end = await certificateEnd(place);
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return [{ level: "warning", text: `${name}: ${code ?? message}` }];
  }
  const days = Math.floor((end - now) / DAY_MS);
  const level = days < WARNED_DAYS ? "warning" : "info";
  return [{
    level,
    text: `${name}: its certificate has ${days} ${days === 1 ? "day" : "days"} left`,
  }];
}

/** When the certificate ends that a server shows (Unix milliseconds). Rejects where it is none that is trusted. */
async function certificateEnd({ host, port, ca, begin }: TlsPlace): Promise<number> {
  const options = {
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca: [ca] }),
  };
  const plain = connectPlain({ host, port });
  let secure: TLSSocket | undefined;
  const timer = setTimeout(() => plain.destroy(new Error("no answer in time")), TIMEOUT_MS);
  try {
    await happened(plain, "connect");
    await begin?.(plain);
    secure = connectTls({ socket: plain, host, ...options });
    await happened(secure, "secureConnect");
    return Date.parse(secure.getPeerCertificate().valid_to);
  } finally {
    clearTimeout(timer);
    secure?.destroy();
    plain.destroy();
  }
}

function happened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("it closed the connection")));
  });
}
