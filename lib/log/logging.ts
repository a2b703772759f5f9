/** Logs to standard error, one line an event: in words on a terminal, else in JSON. */
import { configure, getConsoleSink, type LogRecord, type TextFormatter } from "@logtape/logtape";
import { escapeUnseen } from "../base/visible_text.ts";

/** Sets up logging for the whole program. */
export async function configureLogging(options: { debug: boolean }): Promise<void> {
  const formatter = Deno.stderr.isTerminal() ? formatForPeople : formatAsJson;
  await configure({
    reset: true,
    sinks: { stderr: getConsoleSink({ formatter, levelMap: TO_STDERR }) },
    loggers: [
      { category: "notifyli", lowestLevel: options.debug ? "debug" : "info", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

/** Sends all levels to standard error, since standard output is for the answers of commands. */
const TO_STDERR = {
  trace: "error",
  debug: "error",
  info: "error",
  warning: "error",
  error: "error",
  fatal: "error",
} as const;

const COLORS: Readonly<Record<LogRecord["level"], string>> = {
  trace: "\x1b[2m",
  debug: "\x1b[2m",
  info: "\x1b[32m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[35m",
};

const formatForPeople: TextFormatter = (record) => {
  const time = new Date(record.timestamp).toLocaleTimeString("en-GB");
  return `\x1b[2m${time}\x1b[0m ${COLORS[record.level]}${record.level}\x1b[0m ` +
    `\x1b[2m${record.category.join(".")}\x1b[0m ${escapeUnseen(textOf(record))}`;
};

const formatAsJson: TextFormatter = (record) =>
  escapeUnseen(JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: textOf(record),
    ...record.properties,
  }));

/** The message with its values in place. */
function textOf({ message }: LogRecord): string {
  return message.map(String).join("");
}
