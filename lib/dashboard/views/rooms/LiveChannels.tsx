/** A list of rooms or topics, filtered and ordered by the server. */
import type { LiveChannel, Page } from "../../api/shapes.ts";
import { query } from "../../api/api.ts";
import { Card } from "../../kit/Card.tsx";
import { Choice } from "../../kit/Choice.tsx";
import { FilterField } from "../../kit/FilterField.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { More } from "../../kit/More.tsx";
import { Empty } from "../../kit/States.tsx";
import { useDashboard } from "../../state/context.ts";
import { count } from "../../state/format.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { useOnChange } from "../../state/use_on_change.ts";
import { usePages } from "../../state/use_pages.ts";
import { ChannelTable } from "./ChannelTable.tsx";

const ORDERS = [["connections", "Fullest"], ["messages", "Busiest"], ["name", "By name"]] as const;

type Order = typeof ORDERS[number][0];

interface LiveChannelsProps {
  route: Route;
  noun: "room" | "topic";
}

export function LiveChannels({ route, noun }: LiveChannelsProps) {
  const { api } = useDashboard();
  const nouns = `${noun}s` as const;
  const q = route.query.get("q") ?? "";
  const order: Order = ORDERS.find(([each]) => each === route.query.get("order"))?.[0] ??
    "connections";
  const pages = usePages(async (after, signal) => {
    const path = `/live/${nouns}${query({ q, order, limit: 200, after })}`;
    const answer = await api.get<Page<typeof nouns, LiveChannel>>(path, signal);
    const { next, total, missing } = answer;
    return { entries: answer[nouns], next, total, missing };
  }, [noun, q, order]);
  useOnChange(pages.loaded.reload);
  const { total } = pages;
  return (
    <div class="grid">
      <Card
        title={noun === "room" ? "Rooms" : "Topics"}
        note={total === undefined
          ? "with somebody in them"
          : `${count(total)} with somebody in them`}
        actions={
          <div class="card-tools">
            <Choice
              label="Order"
              value={order}
              options={ORDERS}
              onValue={(order) => replaceQuery(route, { order })}
            />
            <FilterField
              label={`Filter ${nouns}`}
              value={q}
              onValue={(q) => replaceQuery(route, { q })}
            />
          </div>
        }
      >
        <Loading loaded={pages.loaded}>
          {() =>
            pages.entries.length === 0
              ? (
                <Empty
                  icon="hash"
                  text={q === ""
                    ? `Nobody is in a ${noun} right now`
                    : `No ${noun} with ${JSON.stringify(q)} has anybody in it`}
                />
              )
              : <ChannelTable noun={noun} channels={pages.entries} />}
        </Loading>
        <More pages={pages} />
      </Card>
    </div>
  );
}
