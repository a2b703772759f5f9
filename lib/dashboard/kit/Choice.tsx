/** One of a few, as buttons side by side. */

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [value: Value, label: string])[];
  onValue: (value: Value) => void;
}

export function Choice<Value extends string>(
  { label, value, options, onValue }: ChoiceProps<Value>,
) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([each, name]) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === value}
          onClick={() => onValue(each)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
