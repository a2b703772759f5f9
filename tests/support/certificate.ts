/** A self-signed certificate for a name or an address, made by `openssl` in a temporary folder. */
import { isIP } from "node:net";
import { run } from "./command.ts";

export class Certificate implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param name of the certificate; by default 127.0.0.1 and localhost */
  static async make(name?: string): Promise<Certificate> {
    const certificate = new Certificate(await Deno.makeTempDir());
    const names = name === undefined
      ? ["IP:127.0.0.1", "DNS:localhost"]
      : [`${isIP(name) === 0 ? "DNS" : "IP"}:${name}`];
    const { code, stderr } = await run([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ...["-nodes", "-days", "2", "-subj", "/CN=localhost"],
      ...["-addext", `subjectAltName=${names.join()}`],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-keyout", certificate.key, "-out", certificate.cert],
    ]);
    if (code !== 0) throw new Error(stderr);
    return certificate;
  }

  /** Path of the PEM file. */
  get cert(): string {
    return `${this.#folder}/cert.pem`;
  }

  get key(): string {
    return `${this.#folder}/key.pem`;
  }

  /** What is in the two files. */
  async read(): Promise<{ cert: string; key: string }> {
    return { cert: await Deno.readTextFile(this.cert), key: await Deno.readTextFile(this.key) };
  }

  /** The settings of a notifyli that uses the certificate. */
  get env(): Record<string, string> {
    return { APP_TLS_CERT: this.cert, APP_TLS_KEY: this.key };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}
