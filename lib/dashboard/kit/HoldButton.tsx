/** Holds a stream of lines where it is, and has it go on. */
import { Icon } from "../../page/components/kit/Icon.tsx";

interface HoldButtonProps {
  isHeld: boolean;
  onHold: (isHeld: boolean) => void;
}

export function HoldButton({ isHeld, onHold }: HoldButtonProps) {
  return (
    <button
      type="button"
      class="button button-small"
      aria-pressed={isHeld}
      onClick={() => onHold(!isHeld)}
    >
      <Icon name={isHeld ? "play" : "pause"} small />
      {isHeld ? "Go on" : "Hold"}
    </button>
  );
}
