/** `notifyli drain` has one node of the running server give its clients to the others, and end. */
import { CodedError } from "../base/errors.ts";
import { type Config, loadConfig } from "../configuration.ts";
import { configureLogging } from "../log/logging.ts";
import { askAsOperator } from "./operator_call.ts";
import { SECONDS } from "./option_kinds.ts";
import { failed, subcommandMaybeOn } from "./subcommand.ts";

const HELP = {
  usage: ["drain [NODE] [--seconds N]"],
  about:
    `Has a node give its clients to the others, and end: its /readyz says 503, so that balancers give it nothing
new, and its clients are told to come back, one part after the other. NODE is an id or a name, as top shows them;
without it, it is the node at the address of the settings. What supervises the node may start it again.`,
  options: {
    seconds: {
      value: "N",
      kind: SECONDS,
      help: "How long it takes; else APP_DRAIN_SECONDS, or 15 where that is off",
    },
  },
  notes: "The server wants a proof, as for `key`.",
  exitCodes: "0 it drains, 1 not done, 2 wrong options or settings.",
} as const;

export const drain = subcommandMaybeOn(HELP, async ({ seconds }, name) => {
  const { config } = loadConfig();
  configureLogging(config.log);
  try {
    const id = await nodeNamed(config, name);
    const path = `/api/nodes/${encodeURIComponent(id)}/drain`;
    const answer = await askAsOperator(config, { method: "POST", path, body: { seconds } });
    console.log(`Node ${answer["node"]} drains, and ends in ${answer["seconds"]} s`);
    return 0;
  } catch (error) {
    return failed("Not done", error);
  }
});

/** The id of the node that has this id or, alone, this name. Without one, the node that answers. */
async function nodeNamed(config: Config, name: string | undefined): Promise<string> {
  const { nodes, this: own } = await askAsOperator(config, { method: "GET", path: "/api/nodes" });
  if (name === undefined) return String(own);
  const all = nodes as readonly { readonly id: string; readonly name: string }[];
  const meant = all.filter((node) => node.id === name);
  const found = meant.length > 0 ? meant : all.filter((node) => node.name === name);
  if (found.length === 1) return found[0]!.id;
  const ids = found.map(({ id }) => id).join(", ");
  throw new CodedError(
    "not_found",
    found.length === 0
      ? `there is no node ${JSON.stringify(name)}: see notifyli top`
      : `${found.length} nodes are named ${JSON.stringify(name)}: name one of ${ids}`,
  );
}
