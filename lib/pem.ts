/** Reads certificates and keys (PEM files) that settings name. */
import { ConfigError } from "./config.ts";

/** Rejects with a `ConfigError` that names the setting and the path. */
export async function readPem(name: string, path: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
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
