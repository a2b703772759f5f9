/** Names nodes by their names; one that is gone, by its id. */
import { useDashboard } from "./context.ts";

export function useNodeNames(): (id: string) => string {
  const { live } = useDashboard();
  return (id) => live.nodes?.find((node) => node.id === id)?.name ?? id;
}
