/** Reads the PEM files that settings name. */
import { ConfigError } from "../base/config_error.ts";
import { readTextFile } from "../base/text_file.ts";
import { reasonOf } from "../base/reason.ts";

/**
 * Throws {@linkcode ConfigError} if the file cannot be read or is no PEM file.
 *
 * @param name of the setting, for the error
 */
export function readPem(name: string, path: string): string {
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
  if (text.includes("-----BEGIN ")) return text;
  throw new ConfigError(
    `Cannot use ${name}: current value is ${JSON.stringify(path)}, allowed is a PEM file`,
  );
}
