/** The topics that somebody follows right now. */
import type { Route } from "../../state/place.ts";
import { LiveChannels } from "./LiveChannels.tsx";

export function TopicsView({ route }: { route: Route }) {
  return <LiveChannels route={route} noun="topic" />;
}
