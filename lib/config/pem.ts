/** Reads the PEM files that settings name. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { ConfigError } from "../base/config_error.ts";
import { readTextFile } from "../base/text_file.ts";
import { reasonOf } from "../base/reason.ts";

/** What a PEM file holds, in the words of its first line. */
export type PemLabel = "CERTIFICATE" | "PRIVATE KEY";

/** A file that a setting names. */
export interface PemFile {
  /** The name of the setting, for errors. */
  readonly name: string;
  readonly path: string;
}

/**
 * Reads a certificate, with those that it is signed by if they are in the file, and its key. Throws
 * {@linkcode ConfigError} if one of them is none, or the key is that of another certificate: whoever connects would be told
 * of a failure that says nothing of it.
 */
export function readPair(cert: PemFile, key: PemFile): { cert: string; key: string } {
  const pair = {
    cert: readPem(cert.name, cert.path, "CERTIFICATE"),
    key: readPem(key.name, key.path, "PRIVATE KEY"),
  };
  if (belongTogether(pair)) return pair;
  throw new ConfigError(
    `Cannot use ${cert.name} with ${key.name}: ${JSON.stringify(key.path)} is not the key of ${
      JSON.stringify(cert.path)
    }`,
  );
}

/** A kind of key that cannot be looked at here is left to whatever uses it. */
function belongTogether({ cert, key }: { cert: string; key: string }): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return true;
  }
}

/**
 * Throws {@linkcode ConfigError} if the file cannot be read or is no PEM file.
 *
 * @param name of the setting, for the error
 * @param label what the file has to hold; absent: anything
 */
export function readPem(name: string, path: string, label?: PemLabel): string {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    const reason = reasonOf(error);
    throw new ConfigError(
      `Cannot use ${name}: current value is ${
        JSON.stringify(path)
      }, which cannot be read (${reason})`,
    );
  }
  if (new RegExp(`-----BEGIN .*${label ?? ""}-----`).test(text)) return text;
  const allowed = label === undefined ? "a PEM file" : `a PEM file with a ${label}`;
  throw new ConfigError(
    `Cannot use ${name}: current value is ${JSON.stringify(path)}, allowed is ${allowed}`,
  );
}
