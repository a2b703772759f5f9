/** The rooms of now, or one of them. */
import type { Route } from "../../state/place.ts";
import { LiveChannels } from "./LiveChannels.tsx";
import { RoomPage } from "./RoomPage.tsx";

export function RoomsView({ route }: { route: Route }) {
  const [, room] = route.path;
  return room === undefined ? <LiveChannels route={route} noun="room" /> : <RoomPage room={room} />;
}
