/** What could not be taken, from wherever it came. Without a source it shows the first one that has something. */
import { Choice } from "../../kit/Choice.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { useDashboard } from "../../state/context.ts";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { useLoad } from "../../state/use_load.ts";
import { DeadLetters } from "./DeadLetters.tsx";
import { firstWithLetters, type Source, SOURCES } from "./sources.ts";

export function DeadLettersView({ route }: { route: Route }) {
  const asked = SOURCES.find(([each]) => each === route.query.get("source"))?.[0];
  return asked === undefined
    ? <FirstLetters route={route} />
    : <LettersOf route={route} source={asked} />;
}

function FirstLetters({ route }: { route: Route }) {
  const { api } = useDashboard();
  const loaded = useLoad((signal) => firstWithLetters(api, signal), []);
  return (
    <Loading loaded={loaded}>{(source) => <LettersOf route={route} source={source} />}</Loading>
  );
}

function LettersOf({ route, source }: { route: Route; source: Source }) {
  return (
    <>
      <div class="view-tools">
        <Choice
          label="Source"
          value={source}
          options={SOURCES}
          onValue={(source) => replaceQuery(route, { source })}
        />
      </div>
      <div class="grid">
        <DeadLetters key={source} source={source} />
      </div>
    </>
  );
}
