/** The busiest rooms of now. */
import type { LiveChannel, Page } from "../../api/shapes.ts";
import { Card } from "../../kit/Card.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import { href } from "../../state/place.ts";
import { useLoad } from "../../state/use_load.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { ChannelTable } from "../rooms/ChannelTable.tsx";

const MOST = 7;

export function BusyRooms() {
  const { api } = useDashboard();
  const loaded = useLoad(
    (signal) =>
      api.get<Page<"rooms", LiveChannel>>(`/live/rooms?order=connections&limit=${MOST}`, signal),
    [],
  );
  useOnChange(loaded.reload);
  const total = loaded.data?.total;
  return (
    <Card
      title="Rooms"
      note="busiest first"
      width={6}
      actions={
        <a class="button button-small button-quiet" href={href(["rooms"])}>
          {total === undefined ? "All" : `All ${count(total)}`}
        </a>
      }
    >
      <Loading loaded={loaded} rows={MOST}>
        {({ rooms }) =>
          rooms.length === 0
            ? <Empty icon="hash" text="Nobody is in a room right now" />
            : <ChannelTable noun="room" channels={rooms.slice(0, MOST)} />}
      </Loading>
    </Card>
  );
}
