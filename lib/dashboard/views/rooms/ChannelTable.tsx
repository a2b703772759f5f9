/** Rooms or topics that somebody is in right now. */
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { Name } from "../../../page/components/kit/Name.tsx";
import type { LiveChannel } from "../../api/shapes.ts";
import { type Column, Table } from "../../kit/Table.tsx";
import { Time } from "../../kit/Time.tsx";
import { count, rate } from "../../state/format.ts";
import { href } from "../../state/place.ts";

interface ChannelTableProps {
  noun: "room" | "topic";
  channels: readonly LiveChannel[];
}

export function ChannelTable({ noun, channels }: ChannelTableProps) {
  return (
    <Table
      label={noun === "room" ? "Rooms" : "Topics"}
      columns={COLUMNS[noun]}
      rows={channels}
      rowKey={(channel) => nameOf(channel)}
    />
  );
}

const COLUMNS = { room: columnsOf("room"), topic: columnsOf("topic") };

function columnsOf(noun: "room" | "topic"): readonly Column<LiveChannel>[] {
  return [
    {
      head: noun === "room" ? "Room" : "Topic",
      isWide: true,
      by: nameOf,
      cell: (channel) => {
        const name = nameOf(channel);
        const shown = (
          <>
            <Icon name={noun === "room" ? "hash" : "list"} small />
            <b class="cut" title={name}>
              <Name>{name}</Name>
            </b>
          </>
        );
        return noun === "room"
          ? <a class="cell-link cell-named" href={href(["rooms", name])}>{shown}</a>
          : <span class="cell-named">{shown}</span>;
      },
    },
    {
      head: "Connections",
      isNumber: true,
      by: ({ connections }) => connections,
      cell: ({ connections }) => count(connections),
    },
    {
      head: "Messages/min",
      isNumber: true,
      by: ({ messages_a_minute }) => messages_a_minute,
      cell: ({ messages_a_minute }) => rate(messages_a_minute),
    },
    {
      head: "Last",
      isNumber: true,
      isSecond: true,
      by: ({ last_at = 0 }) => last_at,
      cell: ({ last_at }) => <Time at={last_at} isAgo />,
    },
  ];
}

function nameOf({ room, topic }: LiveChannel): string {
  return room ?? topic ?? "";
}
