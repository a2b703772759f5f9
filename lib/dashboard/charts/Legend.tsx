/** Which line is which, with what it is now. */

export interface LegendEntry {
  readonly name: string;
  readonly color: number;
  readonly value?: string;
}

export function Legend({ entries }: { entries: readonly LegendEntry[] }) {
  return (
    <ul class="legend">
      {entries.map(({ name, color, value }) => (
        <li key={name}>
          <i class={`dot c${color}`} />
          <bdi>{name}</bdi> {value !== undefined && <b>{value}</b>}
        </li>
      ))}
    </ul>
  );
}
