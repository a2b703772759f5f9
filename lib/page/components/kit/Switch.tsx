/** Something that is on or off, with its name and, where that helps, what it means. */
import { useId } from "preact/hooks";

interface SwitchProps {
  label: string;
  hint?: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

export function Switch({ label, hint = "", isOn, onChange }: SwitchProps) {
  const id = useId();
  return (
    <label class="switch-line">
      <span>
        {label}
        {hint !== "" && <small id={id}>{hint}</small>}
      </span>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        aria-label={label}
        aria-describedby={hint === "" ? undefined : id}
        checked={isOn}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    </label>
  );
}
