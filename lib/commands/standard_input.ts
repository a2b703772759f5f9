/** Reads what is piped into a subcommand. */
import { UsageError } from "./options.ts";

/** Reads a message without the line break at its end. Throws a {@linkcode UsageError} where there is none. */
export async function readMessage(): Promise<string> {
  const text = (await new Response(Deno.stdin.readable).text()).replace(/\r?\n$/, "");
  if (text === "") throw new UsageError("The message is empty");
  return text;
}
