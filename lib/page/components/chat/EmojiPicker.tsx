/** A button with a grid of emoji. Arrows move in the grid, Enter chooses. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../kit/Icon.tsx";
import { isOutside, onPressOutside } from "../kit/Popover.tsx";
import { EMOJI, emojiName } from "./emoji.ts";

interface EmojiPickerProps {
  label: string;
  onChoose: (emoji: string) => void;
  onOpenChange?: (isOpen: boolean) => void;
  tabIndex?: number;
}

const COLUMNS = 8;

export function EmojiPicker({ label, onChoose, onOpenChange, tabIndex }: EmojiPickerProps) {
  const [isOpen, setOpen] = useState(false);
  const around = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const change = (open: boolean) => {
    setOpen(open);
    onOpenChange?.(open);
  };
  useLayoutEffect(() => {
    if (!isOpen || panel.current === null || trigger.current === null) return;
    placeAbove(panel.current, trigger.current);
    panel.current.querySelector("button")?.focus({ preventScroll: true });
  }, [isOpen]);
  useEffect(() => isOpen ? onPressOutside(around, () => change(false)) : undefined, [isOpen]);
  const close = () => {
    trigger.current?.focus();
    change(false);
  };

  return (
    <div
      class="menu-around"
      ref={around}
      onKeyDown={(event) => {
        if (!isOpen) return;
        event.stopPropagation();
        if (event.key === "Escape") close();
        else moveIn(event);
      }}
      onFocusOut={(event) => {
        if (isOpen && isOutside(around.current, event.relatedTarget)) change(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        class="icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        tabIndex={tabIndex}
        onClick={() => change(!isOpen)}
      >
        <Icon name="smile" />
      </button>
      {isOpen && (
        <div ref={panel} class="emoji-panel" role="dialog" aria-label="Emoji">
          {EMOJI.map((emoji, index) => (
            <button
              key={emoji}
              type="button"
              class="emoji"
              aria-label={emojiName(emoji)}
              title={emojiName(emoji)}
              tabIndex={index === 0 ? 0 : -1}
              onClick={() => {
                close();
                onChoose(emoji);
              }}
            >
              {emoji}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function moveIn(event: KeyboardEvent): void {
  const panel = (event.target as Element).closest(".emoji-panel");
  const all = [...panel?.querySelectorAll<HTMLElement>("button") ?? []];
  const index = all.indexOf(event.target as HTMLElement);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
  if (index < 0 || step === undefined) return;
  event.preventDefault();
  all[index + step]?.focus();
}

/** What is kept free between the panel and the edge of the window. */
const EDGE_PX = 8;

function placeAbove(panel: HTMLElement, trigger: HTMLElement): void {
  const from = trigger.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const above = from.top - height - 6;
  const left = Math.min(from.right - width / 2, innerWidth - width - EDGE_PX);
  panel.style.left = `${Math.max(EDGE_PX, left)}px`;
  panel.style.top = `${above >= EDGE_PX ? above : from.bottom + 6}px`;
}
