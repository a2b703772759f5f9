/** When nothing asks for attention: ranges by weekday, as bars, each day of which opens to be changed. */
import { useMemo, useState } from "preact/hooks";
import type { QuietDay, QuietHours as Hours, UserPreferences } from "../../../sdk/mod.ts";
import { barsOf, DAYS, type Range, rangeWords, timeIn } from "../../../sdk/view/quiet_hours.ts";
import { Icon } from "../kit/Icon.tsx";
import { Switch } from "../kit/Switch.tsx";
import type { ChangePreferences } from "../../session/preference_feed.ts";

const WORDS: Record<QuietDay, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

/** What stands there when somebody turns quiet hours on for the first time, or adds a range. */
const NIGHT: Range = ["22:00", "07:00"];

interface QuietHoursProps {
  preferences: UserPreferences;
  onChange: ChangePreferences;
}

export function QuietHours({ preferences, onChange }: QuietHoursProps) {
  const { quietHours, effective } = preferences;
  const [open, setOpen] = useState<QuietDay | undefined>();
  const days = quietHours?.days ?? {};
  const isOn = quietHours !== undefined && quietHours.on !== false;
  const zone = quietHours?.timeZone ?? effective.timeZone;
  const save = (hours: Hours | null) => onChange({ quietHours: hours });
  const setDay = (day: QuietDay, ranges: readonly Range[]) => save({ days: { [day]: ranges } });
  const turn = (isOn: boolean) => {
    const isFirst = isOn && Object.keys(days).length === 0;
    const nights = Object.fromEntries(DAYS.map((day) => [day, [NIGHT]]));
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return save({ on: isOn, ...(isFirst ? { days: nights, timeZone: here } : {}) });
  };
  return (
    <section class="quiet" aria-label="Quiet hours">
      <Switch
        label="Quiet hours"
        hint="What comes meanwhile is in the list, and asks for attention after."
        isOn={isOn}
        onChange={turn}
      />
      {isOn && (
        <>
          <Zone zone={zone} onZone={(timeZone) => save({ timeZone })} />
          <ul>
            {DAYS.map((day) => (
              <li key={day}>
                <button
                  type="button"
                  class="quiet-day"
                  aria-expanded={open === day}
                  aria-label={`${WORDS[day]}: ${rangeWords(days[day])}`}
                  onClick={() => setOpen(open === day ? undefined : day)}
                >
                  <b>{WORDS[day].slice(0, 3)}</b>
                  <span class="quiet-track">
                    {barsOf(days, day).map(([from, to]) => (
                      <i
                        key={from}
                        style={{
                          insetInlineStart: `${from / 14.4}%`,
                          width: `${(to - from) / 14.4}%`,
                        }}
                      />
                    ))}
                  </span>
                  <span class="quiet-words">
                    <bdi dir="ltr">{rangeWords(days[day])}</bdi>
                  </span>
                </button>
                {open === day && (
                  <Ranges
                    day={WORDS[day]}
                    ranges={days[day] ?? []}
                    onRanges={(ranges) => setDay(day, ranges)}
                    onAll={(ranges) =>
                      save({ days: Object.fromEntries(DAYS.map((each) => [each, ranges])) })}
                  />
                )}
              </li>
            ))}
          </ul>
          <p class="quiet-axis" aria-hidden="true">
            {[0, 6, 12, 18, 24].map((hour) => <span key={hour}>{hour}</span>)}
          </p>
        </>
      )}
    </section>
  );
}

function Zone({ zone, onZone }: { zone: string; onZone: (zone: string) => Promise<unknown> }) {
  const zones = useMemo(() => [...new Set([zone, "UTC", ...Intl.supportedValuesOf("timeZone")])], [
    zone,
  ]);
  return (
    <div class="preference-line">
      <label for="quiet-zone">
        Time zone
        <small>It is {timeIn(zone, new Date())} there now</small>
      </label>
      <select
        id="quiet-zone"
        value={zone}
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          currentTarget.value = zone;
          onZone(value).catch(() => {});
        }}
      >
        {zones.map((each) => <option key={each} value={each}>{each}</option>)}
      </select>
    </div>
  );
}

interface RangesProps {
  day: string;
  ranges: readonly Range[];
  onRanges: (ranges: readonly Range[]) => Promise<unknown>;
  onAll: (ranges: readonly Range[]) => Promise<unknown>;
}

function Ranges({ day, ranges, onRanges, onAll }: RangesProps) {
  const save = (ranges: readonly Range[]) => void onRanges(ranges).catch(() => {});
  return (
    <div class="quiet-ranges">
      {ranges.map((range, index) => {
        const set = (at: 0 | 1, value: string) => {
          if (value === "" || value === range[at]) return;
          const changed: Range = at === 0 ? [value, range[1]] : [range[0], value];
          save(ranges.with(index, changed));
        };
        return (
          <div key={`${range.join()} ${index}`} class="quiet-range">
            <input
              type="time"
              aria-label={`${day}, range ${index + 1}, from`}
              value={range[0]}
              onChange={({ currentTarget }) => set(0, currentTarget.value)}
            />
            <span>to</span>
            <input
              type="time"
              aria-label={`${day}, range ${index + 1}, to`}
              value={range[1] === "24:00" ? "00:00" : range[1]}
              onChange={({ currentTarget }) => set(1, currentTarget.value)}
            />
            <button
              type="button"
              class="icon-button"
              aria-label={`Remove range ${index + 1} of ${day}`}
              onClick={() => save(ranges.toSpliced(index, 1))}
            >
              <Icon name="trash" />
            </button>
          </div>
        );
      })}
      <div class="quiet-range">
        <button type="button" class="link-button" onClick={() => save([...ranges, NIGHT])}>
          Add a range
        </button>
        <button
          type="button"
          class="link-button"
          onClick={() => void onAll(ranges).catch(() => {})}
        >
          Same on all days
        </button>
      </div>
    </div>
  );
}
