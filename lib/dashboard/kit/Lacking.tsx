/** Says of what an answer has nothing, so that nobody takes a part for all: nodes that did not answer, stores that are away. */
import { Icon } from "../../page/components/kit/Icon.tsx";
import { useNodeNames } from "../state/node_names.ts";

/** What every answer may say. */
export interface Lacks {
  /** The ids of nodes that have not answered. */
  readonly missing?: readonly string[] | undefined;
  /** What is in a store that cannot be reached. */
  readonly unavailable?: readonly string[] | undefined;
}

export function Lacking({ missing = [], unavailable = [] }: Lacks) {
  const nodeName = useNodeNames();
  if (missing.length === 0 && unavailable.length === 0) return null;
  const nodes = missing.map(nodeName).join(", ");
  const stored = unavailable.map((name) => name.replaceAll("_", " ")).join(", ");
  return (
    <div class="failure" role="alert">
      <Icon name="warn" />
      <p>
        {nodes !== "" && `This is not all: ${nodes} did not answer. `}
        {stored !== "" && `Not to be had right now: ${stored}.`}
      </p>
    </div>
  );
}
