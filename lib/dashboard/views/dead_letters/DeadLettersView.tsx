/** What could not be taken, from wherever it came. */
import { Choice } from "../../kit/Choice.tsx";
import type { Route } from "../../state/place.ts";
import { replaceQuery } from "../../state/route.ts";
import { DeadLetters } from "./DeadLetters.tsx";
import { SOURCES } from "./sources.ts";

export function DeadLettersView({ route }: { route: Route }) {
  const asked = route.query.get("source");
  const source = SOURCES.find(([each]) => each === asked)?.[0] ?? "stream";
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
