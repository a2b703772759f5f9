/** Reads the words behind a subcommand's name by the options that the subcommand declares. `subcommand.ts` calls it. */
import { parseArgs } from "node:util";
import { reasonOf } from "../base/reason.ts";

/** One option of a subcommand. The command line is read by this, and the list in the help is made from it. */
export interface Option {
  /** The letter of the short form, such as `u` of `-u`. */
  readonly short?: string;
  /** What the help calls the value, such as `USER`; absent where the option takes none. */
  readonly value?: string;
  /** How the value is read; absent where the value is the text itself. */
  readonly kind?: OptionKind<unknown>;
  /** Whether the subcommand does nothing without the option, or with an empty text. */
  readonly isRequired?: boolean;
  /** Whether the option may be given more than once: its value is a list then. */
  readonly isRepeatable?: boolean;
  readonly help: string;
}

/** A kind of value, such as a duration. */
export interface OptionKind<T> {
  /** Returns `undefined` where the text is no value of this kind. */
  read(text: string): T | undefined;
  /** What the text may be, as an error says it. */
  readonly allowed: string;
}

/** The options of a subcommand by their long names. */
export type Options = Readonly<Record<string, Option>>;

/** What was given for each option; `undefined` for an option that was not given. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends { readonly isRequired: true } ? Value<O[Name]>
    : Value<O[Name]> | undefined;
};

type Value<O extends Option> = O extends { readonly isRepeatable: true } ? readonly string[]
  : O extends { readonly kind: OptionKind<infer T> } ? T
  : O extends { readonly value: string } ? string
  : true;

/** Something is wrong with the command line. The error is shown above the usage text, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The option that every subcommand has. Where it is given, nothing else counts. */
export const HELP_OPTION: Option = { short: "h", help: "Print this text" };

export interface CommandLine<O extends Options> {
  /** The words that belong to no option. */
  readonly words: readonly string[];
  /** Throws {@linkcode UsageError} where a value is missing or not allowed. */
  values(): Values<O>;
}

/** Returns `undefined` where the user asks for the help. Throws {@linkcode UsageError}. */
export function readCommandLine<O extends Options>(
  args: readonly string[],
  options: O,
): CommandLine<O> | undefined {
  const syntax = Object.fromEntries(
    Object.entries({ ...options, help: HELP_OPTION }).map((
      [name, option],
    ) => [name, syntaxOf(option)]),
  );
  const names = namesIn(args, syntax);
  if (names.some(({ name }) => name === "help")) return undefined;
  const unknown = names.find(({ name }) => !Object.hasOwn(syntax, name));
  if (unknown !== undefined) {
    throw new UsageError(`Unknown option ${JSON.stringify(unknown.rawName)}`);
  }
  const { values, positionals } = parsed(args, syntax);
  return { words: positionals, values: () => readValues(options, values) };
}

interface Syntax {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple: boolean;
}

function syntaxOf({ short, value, isRepeatable = false }: Option): Syntax {
  return {
    type: value === undefined ? "boolean" : "string",
    ...(short !== undefined && { short }),
    multiple: isRepeatable,
  };
}

/** The options that the command line names, known or not. `rawName` is the name as it was typed. */
function namesIn(args: readonly string[], syntax: Record<string, Syntax>) {
  const { tokens } = parseArgs({ args: [...args], options: syntax, strict: false, tokens: true });
  return tokens.filter((token) => token.kind === "option");
}

function parsed(args: readonly string[], syntax: Record<string, Syntax>) {
  try {
    return parseArgs({ args: [...args], options: syntax, allowPositionals: true });
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

function readValues<O extends Options>(
  options: O,
  given: Readonly<Record<string, unknown>>,
): Values<O> {
  const values = Object.entries(options).map(([name, option]) => [
    name,
    readValue(name, option, given[name]),
  ]);
  return Object.fromEntries(values) as Values<O>; // no type follows a loop over names
}

function readValue(name: string, { short, kind, isRequired }: Option, given: unknown): unknown {
  if (isRequired && !given) {
    throw new UsageError(`Missing option ${short ? `-${short} (--${name})` : `--${name}`}`);
  }
  if (kind === undefined || typeof given !== "string") return given;
  const value = kind.read(given);
  if (value !== undefined) return value;
  throw new UsageError(
    `Cannot take --${name}: current value is ${JSON.stringify(given)}, allowed is ${kind.allowed}`,
  );
}
