/** Whether this browser shows notifications while no page is open, as components see it. */
import { useEffect, useState } from "preact/hooks";
import type { PushState } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";

const UNKNOWN: PushState = { kind: "unknown" };

export function usePushState(): PushState {
  const { session: { push } } = usePage();
  const [state, setState] = useState<PushState>(push?.state ?? UNKNOWN);
  useEffect(() => {
    setState(push?.state ?? UNKNOWN);
    return push?.watch(setState);
  }, [push]);
  return state;
}
