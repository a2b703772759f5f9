/** Something that is on or off, with its name and, where that helps, what it means. */
import { useId, useRef, useState } from "preact/hooks";

interface SwitchProps {
  label: string;
  hint?: string;
  isOn: boolean;
  /** Where it gives a promise that rejects, the switch goes back; whoever gave it says why. */
  onChange: (isOn: boolean) => void | Promise<unknown>;
}

export function Switch({ label, hint = "", isOn, onChange }: SwitchProps) {
  const id = useId();
  /** How it was turned, until that is done or refused. */
  const [wanted, setWanted] = useState<boolean | undefined>();
  const turns = useRef(0);
  const turn = async (isWanted: boolean) => {
    const own = ++turns.current;
    setWanted(isWanted);
    try {
      await onChange(isWanted);
    } catch {
      // It was refused, and shows again what is.
    }
    if (own === turns.current) setWanted(undefined);
  };
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
        checked={wanted ?? isOn}
        onChange={({ currentTarget }) => turn(currentTarget.checked)}
      />
    </label>
  );
}
