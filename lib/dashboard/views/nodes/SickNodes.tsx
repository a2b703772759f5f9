/** Says which nodes are not well, and why. */
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { Name } from "../../../page/components/kit/Name.tsx";
import type { Node } from "../../api/shapes.ts";
import { href } from "../../state/place.ts";

export function SickNodes({ nodes }: { nodes: readonly Node[] }) {
  return (
    <>
      {nodes.filter(({ ready }) => !ready).map(({ id, name, reason = "no reason is known" }) => (
        <div key={id} class="note-line" role="status">
          <Icon name="warn" small />
          <p>
            <b>
              <Name>{name}</Name> is not ready.
            </b>{" "}
            {`${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`}
          </p>
          <a class="button button-small" href={href(["nodes", id])}>See the node</a>
        </div>
      ))}
    </>
  );
}
