/** A name of somebody else's choice: isolated from the text around it, and with what nobody can see made visible. */
import { shownName } from "../../../sdk/view/text.ts";

export function Name({ children }: { children: string }) {
  return <bdi>{shownName(children)}</bdi>;
}
