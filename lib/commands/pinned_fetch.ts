/** `fetch` to the server on this machine, whose certificate is for another name: it is known by the certificate itself. */
import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";

/** @param certificate of the server, in PEM */
export function pinnedFetch(certificate: string): typeof fetch {
  const { fingerprint256 } = new X509Certificate(certificate);
  return async (address, { method = "GET", headers, body, signal } = {}) => {
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const sending = request(String(address), {
        ...{ method, agent: false, rejectUnauthorized: false, ca: certificate },
        headers: {
          ...Object.fromEntries(new Headers(headers)),
          ...(body instanceof Uint8Array && { "content-length": body.length }),
        },
        ...(signal && { signal }),
      });
      sending.on("error", reject);
      sending.on("response", resolve);
      sending.on("socket", (socket) => {
        socket.once("secureConnect", () => {
          const { fingerprint256: shown } = (socket as TLSSocket).getPeerCertificate();
          if (shown !== fingerprint256) {
            return sending.destroy(new Error("its certificate is not that of APP_TLS_CERT"));
          }
          // Nothing is sent before the server is known.
          if (body instanceof ReadableStream) Readable.fromWeb(body as never).pipe(sending);
          else sending.end(body);
        });
      });
    });
    const answer = new Uint8Array(
      await new Response(Readable.toWeb(message) as BodyInit).arrayBuffer(),
    );
    const status = message.statusCode ?? 0;
    const answered = Object.entries(message.headers)
      .flatMap(([name, value]) => typeof value === "string" ? [[name, value] as const] : []);
    return new Response(status === 204 ? null : answer, {
      status,
      headers: new Headers(answered.map(([name, value]): [string, string] => [name, value])),
    });
  };
}
