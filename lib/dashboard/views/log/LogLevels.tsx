/** From which level on each category is logged; a change counts at once. */
import { useState } from "preact/hooks";
import { reasonOf } from "../../api/api.ts";
import { Card } from "../../kit/Card.tsx";
import { Lacking, type Lacks } from "../../kit/Lacking.tsx";
import { Loading } from "../../kit/Loading.tsx";
import { useDashboard } from "../../state/context.ts";
import { useLoad } from "../../state/use_load.ts";

const LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"];

interface LevelsAnswer {
  /** Of the categories that have a level of their own. */
  readonly levels: Readonly<Record<string, string>>;
  /** Of all others. */
  readonly usual?: string;
}

export function LogLevels() {
  const { api, notify } = useDashboard();
  const [category, setCategory] = useState("");
  const [problem, setProblem] = useState<string | undefined>();
  const [missing, setMissing] = useState<Lacks["missing"]>();
  const loaded = useLoad((signal) => api.get<LevelsAnswer>("/log/levels", signal), []);
  const set = async (levels: LevelsAnswer["levels"], said: string) => {
    setProblem(undefined);
    setMissing(undefined);
    try {
      setMissing((await api.send<Lacks>("PUT", "/log/levels", { levels })).missing);
      notify(said);
      loaded.reload();
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  return (
    <Card title="Levels" note="of each category, on all nodes">
      <Lacking missing={missing} />
      <Loading loaded={loaded} rows={3}>
        {({ levels, usual = "info" }) => (
          <div class="levels">
            <p class="muted">
              {`All others are logged from ${usual} on. A restart forgets these.`}
            </p>
            {Object.entries(levels).map(([name, level]) => (
              <label key={name} class="form-line">
                <span class="mono">{name}</span>
                <select
                  value={level}
                  onChange={({ currentTarget: { value } }) => {
                    const { [name]: _, ...others } = levels;
                    if (value === "") void set(others, `${name} is logged as usual`);
                    else {void set(
                        { ...others, [name]: value },
                        `${name} is logged from ${value} on`,
                      );}
                  }}
                >
                  <option value="">as usual</option>
                  {LEVELS.map((each) => <option key={each} value={each}>{each}</option>)}
                </select>
              </label>
            ))}
            <form
              class="form-line"
              onSubmit={(event) => {
                event.preventDefault();
                void set(
                  { ...levels, [category.trim()]: "debug" },
                  `${category} is logged from debug on`,
                );
                setCategory("");
              }}
            >
              <input
                class="plain-field"
                aria-label="Another category"
                placeholder="Another category, such as notifyli.push"
                value={category}
                spellcheck={false}
                onInput={({ currentTarget }) => setCategory(currentTarget.value)}
              />
              <button type="submit" class="button button-small" disabled={category.trim() === ""}>
                Log all of it
              </button>
            </form>
            {problem !== undefined && <p class="field-problem" role="alert">{problem}</p>}
          </div>
        )}
      </Loading>
    </Card>
  );
}
