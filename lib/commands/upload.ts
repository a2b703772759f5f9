/** `notifyli upload` uploads files to a server, by its API; `origins.ts` reads them, `upload_target.ts` knows which server. */
import { loadConfig } from "../configuration.ts";
import { INTERRUPTED, interruptible } from "./interrupts.ts";
import { UsageError, type Values } from "./options.ts";
import { fileAt, type Sending, STANDARD_INPUT, uploadFrom } from "./origins.ts";
import { subcommandOn } from "./subcommand.ts";
import { UploadTarget } from "./upload_target.ts";

const HELP = {
  usage: ["upload FILE... [options]"],
  about:
    `Uploads files, and prints the id of each and a link to it. - is standard input. An upload goes on where a
connection broke; Ctrl-C ends it, and removes from the server what was sent.`,
  options: {
    name: { short: "n", value: "NAME", help: "What the file is called (default: its own name)" },
    user: { short: "u", value: "USER", help: "The user whose it is (default: the application's)" },
    url: { value: "URL", help: "Address of the server (default: the one on this machine)" },
    key: { value: "KEY", help: "API key with the scope files:write (default: APP_API_KEY)" },
    id: {
      value: "ID",
      help: "Your own id of the file: the same again goes on with the upload, and makes no second",
    },
    json: { help: "Print what is known of each file, as JSON in lines" },
  },
  notes: "A file that nothing uses is removed after FILES_UNUSED, a day by default.",
  exitCodes: "0 uploaded, 1 not uploaded, 2 wrong options or settings, 130 ended by Ctrl-C.",
} as const;

type Given = Values<typeof HELP.options>;

export const upload = subcommandOn(HELP, "FILE", async (given, paths) => {
  const named = given.name === undefined ? given.id === undefined ? "" : "--id" : "--name";
  if (paths.length > 1 && named !== "") {
    throw new UsageError(`Cannot take ${named}: it is of one file`);
  }
  const { config } = loadConfig();
  const target = new UploadTarget(config, given);
  return await interruptible(async (signal) => {
    let isWhole = true;
    for (const path of paths) {
      if (signal.aborted) break;
      const { name, id } = given;
      isWhole = await uploadOne(path, given, { target, signal, name, id }) && isWhole;
    }
    return signal.aborted ? INTERRUPTED : isWhole ? 0 : 1;
  });
});

/** Resolves with whether it was uploaded; if not, it was said why. */
async function uploadOne(path: string, { json }: Given, sending: Sending): Promise<boolean> {
  const { target } = sending;
  try {
    const file = await uploadFrom(path === "-" ? STANDARD_INPUT : fileAt(path), sending);
    const shown = { ...file, url: target.address(file.url) };
    console.log(json ? JSON.stringify(shown) : `${shown.id} ${shown.url}`);
    return true;
  } catch (error) {
    console.error(`Not uploaded: ${path}: ${target.reason(error)}`);
    return false;
  }
}
