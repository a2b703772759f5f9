/** Which kinds of notifications come by which ways. Some are not the user's to choose, and say why. */
import { useState } from "preact/hooks";
import type { EffectiveKind, UserPreferences, WayChoice } from "../../../sdk/mod.ts";
import { kindWords } from "../../../sdk/view/entries.ts";
import { Name } from "../kit/Name.tsx";
import type { ChangePreferences } from "../../session/preference_feed.ts";

const WAYS: readonly (readonly [keyof WayChoice, string])[] = [
  ["inApp", "Inbox"],
  ["push", "Push"],
  ["mail", "Email"],
];

/** All kinds of which nothing is said. */
const OTHERS = "*";

interface KindTableProps {
  preferences: UserPreferences;
  onChange: ChangePreferences;
}

export function KindTable({ preferences, onChange }: KindTableProps) {
  const kinds = Object.entries(preferences.effective.kinds).toSorted(([a], [b]) =>
    Number(a === OTHERS) - Number(b === OTHERS) || a.localeCompare(b)
  );
  const nameOf = (kind: string) =>
    kind !== OTHERS ? kindWords(kind, preferences) : kinds.length === 1 ? "All" : "All others";
  return (
    <table class="kinds">
      <thead>
        <tr>
          <th scope="col">Kind</th>
          {WAYS.map(([way, words]) => <th key={way} scope="col">{words}</th>)}
        </tr>
      </thead>
      <tbody>
        {kinds.map(([kind, effective]) => (
          <tr key={kind}>
            <th scope="row">
              <Name>{nameOf(kind)}</Name>
              <About kind={effective} />
            </th>
            {WAYS.map(([way, words]) => (
              <td key={way}>
                <WaySwitch
                  label={`${nameOf(kind)}, ${words}`}
                  isOn={effective[way]}
                  isLocked={effective.locked !== undefined}
                  onChange={(isOn) => onChange({ kinds: { [kind]: { [way]: isOn } } })}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function About({ kind: { description, locked } }: { kind: EffectiveKind }) {
  const words = locked === undefined ? description : `Always so: ${locked}`;
  if (words === undefined) return null;
  return (
    <small>
      <Name>{words}</Name>
    </small>
  );
}

interface WaySwitchProps {
  label: string;
  isOn: boolean;
  isLocked: boolean;
  onChange: (isOn: boolean) => Promise<unknown>;
}

/** It is as it was turned until that is refused. */
function WaySwitch({ label, isOn, isLocked, onChange }: WaySwitchProps) {
  const [wanted, setWanted] = useState<boolean | undefined>();
  return (
    <label class="way">
      <input
        type="checkbox"
        role="switch"
        class="switch"
        aria-label={label}
        checked={wanted ?? isOn}
        disabled={isLocked}
        onChange={({ currentTarget: { checked } }) => {
          setWanted(checked);
          onChange(checked).catch(() => {}).finally(() => setWanted(undefined));
        }}
      />
    </label>
  );
}
