/** A button with a panel that hangs from it. Escape, a click beside it, or leaving it closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

interface PopoverProps {
  buttonLabel: string;
  buttonClass: string;
  button: ComponentChildren;
  panelLabel: string;
  panelClass: string;
  onOpenChange?: (isOpen: boolean) => void;
  children: (close: () => void) => ComponentChildren;
}

export function Popover(props: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const around = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);

  const change = (open: boolean) => {
    setOpen(open);
    props.onOpenChange?.(open);
  };
  const closeAndReturn = () => {
    change(false);
    trigger.current?.focus();
  };
  useLayoutEffect(() => {
    if (!isOpen) return;
    panel.current?.focus();
    return onPressOutside(around, ({ target }) => isOver(target) || change(false));
  }, [isOpen]);

  // What had the focus may be gone, and then nothing in here hears of keys.
  useEffect(() => {
    if (!isOpen) return;
    const onKey = (event: KeyboardEvent) => {
      const isLost = document.activeElement === document.body &&
        document.querySelector("dialog[open]") === null;
      if (isLost && event.key === "Escape" && !event.defaultPrevented) closeAndReturn();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [isOpen]);

  return (
    <div
      class="popover"
      ref={around}
      onKeyDown={(event) => {
        if (!isOpen || event.key !== "Escape") return;
        event.stopPropagation();
        closeAndReturn();
      }}
      onFocusOut={(event) => {
        const { relatedTarget } = event;
        if (isOver(relatedTarget)) return;
        if (isOpen && isOutside(around.current, relatedTarget)) change(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        class={props.buttonClass}
        aria-label={props.buttonLabel}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => change(!isOpen)}
      >
        {props.button}
      </button>
      {isOpen && (
        <div
          ref={panel}
          id={id}
          class={`popover-panel ${props.panelClass}`}
          role="dialog"
          aria-label={props.panelLabel}
          tabIndex={-1}
        >
          {props.children(closeAndReturn)}
        </div>
      )}
    </div>
  );
}

/** The panel that an element is in, to give it the focus. */
export function panelOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>('[role="dialog"]');
}

/** Whether it lies over all panels, and is used without closing them. */
function isOver(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-over]") !== null;
}

export function onPressOutside(
  around: { current: Node | null },
  react: (event: PointerEvent) => void,
): () => void {
  const listen = (event: PointerEvent) => {
    if (isOutside(around.current, event.target)) react(event);
  };
  document.addEventListener("pointerdown", listen);
  return () => document.removeEventListener("pointerdown", listen);
}

/** Focus that goes nowhere (its button was removed, the window lost it) is not outside. */
export function isOutside(around: Node | null, target: EventTarget | null): boolean {
  return target instanceof Node && around !== null && !around.contains(target);
}
