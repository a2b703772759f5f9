/** Reads what is piped into a subcommand. */
import { UsageError } from "./options.ts";

/** Reads a message without the line break at its end. Throws a {@linkcode UsageError} where there is none. */
export async function readMessage(): Promise<string> {
  const text = await readInput();
  if (text === "") throw new UsageError("The message is empty");
  return text;
}

/** Reads a text, which may be empty, without the line break at its end. */
export async function readInput(): Promise<string> {
  return (await new Response(Deno.stdin.readable).text()).replace(/\r?\n$/, "");
}
