/** The part that all subcommands of `notifyli` have in common: their help, and their answer to wrong options and settings. */
import { ConfigError } from "../base/config_error.ts";
import { CodedError, type ErrorCode } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import {
  type CommandLine,
  type Options,
  readCommandLine,
  UsageError,
  type Values,
} from "./options.ts";
import { type Help, usageText } from "./usage.ts";

/** Takes the words behind the subcommand's name, and resolves with the exit code. */
export type Subcommand = (args: readonly string[]) => Promise<number>;

/** One of the things that a subcommand does, such as `revoke` of `notifyli key revoke ID`. */
export interface Action<O extends Options> {
  /** What the action's argument is, for an error that says it is missing; absent where it takes none. */
  readonly argument?: string;
  run(values: Values<O>, argument: string): Promise<number>;
}

/** A subcommand that does one thing. */
export function subcommand<const O extends Options>(
  help: Help<O>,
  run: (values: Values<O>) => Promise<number>,
): Subcommand {
  return ritual(help, ({ words, values }) => {
    refuseSurplus(words);
    return run(values());
  });
}

/** A subcommand that does its one thing to each of its arguments. @param argument what they are, for an error that says there is none */
export function subcommandOn<const O extends Options>(
  help: Help<O>,
  argument: string,
  run: (values: Values<O>, words: readonly string[]) => Promise<number>,
): Subcommand {
  return ritual(help, ({ words, values }) => {
    if (words.length === 0) throw new UsageError(`Missing ${argument}`);
    return run(values(), words);
  });
}

/** A subcommand that does its one thing to its argument, or to what is usual where it is given none. */
export function subcommandMaybeOn<const O extends Options>(
  help: Help<O>,
  run: (values: Values<O>, word: string | undefined) => Promise<number>,
): Subcommand {
  return ritual(help, ({ words: [word, ...surplus], values }) => {
    refuseSurplus(surplus);
    return run(values(), word);
  });
}

/** A subcommand whose first argument names what it is to do. */
export function subcommandOf<const O extends Options>(
  help: Help<O>,
  actions: Readonly<Record<string, Action<O>>>,
): Subcommand {
  return ritual(help, ({ words: [name, ...words], values }) => {
    const action = actionNamed(name, actions);
    const takesOne = action.argument !== undefined;
    const [argument = "", ...surplus] = takesOne ? words : ["", ...words];
    if (takesOne && argument === "") throw new UsageError(`Missing ${action.argument}`);
    refuseSurplus(surplus);
    return action.run(values(), argument);
  });
}

/**
 * Prints a failure, or that nobody knows whether it is one. Returns the exit code: 2 where other options would succeed,
 * else 1.
 */
export function failed(what: string, error: unknown): number {
  const isUnknown = error instanceof CodedError && error.code === "unconfirmed";
  console.error(`${isUnknown ? "Not confirmed" : what}: ${reasonOf(error)}`);
  return error instanceof CodedError && !NOT_THE_CALLERS.includes(error.code) ? 2 : 1;
}

const NOT_THE_CALLERS: readonly ErrorCode[] = ["unavailable", "unconfirmed", "not_found"];

function ritual<O extends Options>(
  help: Help<O>,
  run: (line: CommandLine<O>) => Promise<number>,
): Subcommand {
  return async (args) => {
    try {
      const line = readCommandLine(args, help.options);
      if (line !== undefined) return await run(line);
      console.log(usageText(help));
      return 0;
    } catch (error) {
      if (error instanceof UsageError) console.error(`${error.message}\n\n${usageText(help)}`);
      else if (error instanceof ConfigError) console.error(error.message);
      else throw error;
      return 2;
    }
  };
}

function actionNamed<O extends Options>(
  name: string | undefined,
  actions: Readonly<Record<string, Action<O>>>,
): Action<O> {
  if (name === undefined) throw new UsageError(`Missing what to do: ${alternatives(actions)}`);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) throw new UsageError(`Unknown command ${JSON.stringify(name)}`);
  return action;
}

/** Lists what a subcommand can do, such as `create, list or revoke`. */
function alternatives(actions: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(actions);
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function refuseSurplus([word]: readonly string[]): void {
  if (word !== undefined) throw new UsageError(`Unknown argument ${JSON.stringify(word)}`);
}
