/** Lays out the text that `--help` prints. */
import { HELP_OPTION, type Option, type Options } from "./options.ts";
import { table } from "./table.ts";

/** What a subcommand says of itself. Texts are wrapped where they are printed. */
export interface Help<O extends Options = Options> {
  /** The ways to call the subcommand, each from its name on. */
  readonly usage: readonly string[];
  readonly about: string;
  readonly options: O;
  /** What else there is to know; it is printed below the options. */
  readonly notes?: string;
  /** All exit codes with what they mean. */
  readonly exitCodes: string;
}

const COLUMNS = 100;

/** The blanks left of every option. */
const MARGIN = "  ";

export function usageText({ usage, about, options, notes, exitCodes }: Help): string {
  const calls = usage.map((call, at) => `${at === 0 ? "Usage:" : "      "} notifyli ${call}`);
  return [
    calls.join("\n"),
    paragraph(about),
    `Options:\n${optionList({ ...options, help: HELP_OPTION })}`,
    ...(notes === undefined ? [] : [paragraph(notes)]),
    paragraph(`Exit codes: ${exitCodes}`),
  ].join("\n\n");
}

function paragraph(text: string): string {
  return wrapped(text, COLUMNS).join("\n");
}

function optionList(options: Options): string {
  const named = Object.entries(options).map(([name, option]) => ({
    form: formOf(name, option),
    help: option.help,
  }));
  const left = Math.max(...named.map(({ form }) => form.length)) + 2 * MARGIN.length;
  const rows = named.flatMap(({ form, help }) =>
    wrapped(help, COLUMNS - left).map((line, at) => [at === 0 ? form : "", line])
  );
  return table(rows).replace(/^/gm, MARGIN);
}

/** The forms of an option, such as `-u, --user USER`. */
function formOf(name: string, { short, value }: Option): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value ? ` ${value}` : ""}`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
