/**
 * `notifyli doctor` looks at all that a server needs, and says what is wrong and how to mend it. It begins with what `notifyli check`
 * finds in the settings, and goes on with what they lead to: Redis, PostgreSQL, folders, certificates, the running server, the proxy.
 */
import { ConfigError } from "../base/config_error.ts";
import { type Config, loadEnvironment, readConfig } from "../configuration.ts";
import { checkAll } from "./check_all.ts";
import { lookAtCertificate, lookAtPublicCertificate } from "./doctor/certificates.ts";
import { type Finding, findings } from "./doctor/finding.ts";
import { lookAtDescriptors, lookAtFolders } from "./doctor/machine.ts";
import { lookAtPostgres } from "./doctor/postgres.ts";
import { lookAtRedis } from "./doctor/redis.ts";
import { lookAtAccess, lookAtProxy, lookAtServer } from "./doctor/running.ts";
import { UsageError } from "./options.ts";
import { subcommand } from "./subcommand.ts";

const HELP = {
  usage: ["doctor [--url URL] [--json]"],
  about:
    `Looks at the settings as check does, and at all that they lead to: Redis, PostgreSQL, folders and their
    disks, file descriptors, certificates, and the running server. Says what is wrong and how to mend it.
    Nothing is started, and nothing is changed. Run it as the server's user, with the server's settings.`,
  options: {
    url: {
      value: "URL",
      help:
        "The address by which clients come, such as https://your-domain.com: asks the proxy there, too",
    },
    json: { help: "Print the findings as JSON" },
  },
  exitCodes:
    "0 nothing is wrong, though there may be warnings, 1 something is wrong, 2 wrong options.",
} as const;

export const doctor = subcommand(HELP, async ({ url, json }) => {
  const address = url === undefined ? undefined : urlOf(url);
  const found = [...await lookAtSettings(), ...await lookAtAll(address)];
  const isWrong = found.some(({ level }) => level === "error");
  console.log(json ? JSON.stringify({ ok: !isWrong, findings: found }, null, 2) : told(found));
  return isWrong ? 1 : 0;
});

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new UsageError(
    `Cannot take --url: current value is ${JSON.stringify(text)}, allowed is an http or https URL`,
  );
}

/** All that `check` finds; what is wrong with PostgreSQL is said where that is looked at. */
async function lookAtSettings(): Promise<readonly Finding[]> {
  const found = findings("Settings");
  try {
    const { warnings, notes } = await checkAll();
    for (const warning of warnings) found.warning(warning, "see the setting in README.md");
    for (const note of notes) found.note(note);
    found.ok("a start takes them");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.message.split("\n").filter((line) =>
      !/PostgreSQL of DATABASE/.test(line)
    );
    for (const problem of problems) {
      found.error(problem, "set it as the sentence says; until then no start goes");
    }
  }
  return found.made;
}

/** Where settings are wrong, nobody knows what they lead to. */
async function lookAtAll(address: URL | undefined): Promise<readonly Finding[]> {
  const config = configOrNone();
  if (config === undefined) return [];
  const parts = await Promise.all([
    lookAtAccess(config),
    lookAtRedis(config.redis),
    lookAtPostgres(config.database.url),
    lookAtFolders(config),
    lookAtDescriptors(config),
    lookAtCertificate(config),
    lookAtServer(config),
    ...(address === undefined ? [] : [lookAtPublicCertificate(address), lookAtProxy(address)]),
  ]);
  return parts.flat();
}

function configOrNone(): Config | undefined {
  try {
    const { env, file } = loadEnvironment();
    return readConfig(env, file).config;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

const MARKS: Readonly<Record<Finding["level"], string>> = {
  ok: "ok",
  note: "--",
  warning: "??",
  error: "!!",
};

/** A line each, and how to mend it below. */
function told(found: readonly Finding[]): string {
  const lines = found.flatMap(({ about, level, text, mend }) => [
    `${MARKS[level]} ${about}: ${text}`,
    ...(mend === undefined ? [] : [`     ${mend}`]),
  ]);
  const count = (level: Finding["level"]) => found.filter((each) => each.level === level).length;
  const [errors, warnings] = [count("error"), count("warning")];
  const sum = errors + warnings === 0
    ? "All is well."
    : `${errors} ${errors === 1 ? "thing is" : "things are"} wrong, and ${warnings} may become so.`;
  return [...lines, "", sum].join("\n");
}
