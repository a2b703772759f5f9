/** A button with a menu of actions. Arrows, Home and End move in it, a letter jumps, and Escape gives the focus back. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./Icon.tsx";
import { isOutside, onPressOutside } from "./Popover.tsx";

export interface MenuItem {
  label: string;
  icon: IconName;
  isDangerous?: boolean;
  /** What stands beside it, such as when that would be. */
  hint?: string;
  choose: () => void;
}

interface MenuProps {
  label: string;
  class?: string;
  button: ComponentChildren;
  items: readonly MenuItem[];
  tabIndex?: number;
  onOpenChange?: (isOpen: boolean) => void;
}

export function Menu({ label, class: name, button, items, tabIndex, onOpenChange }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const around = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const change = (open: boolean) => {
    setOpen(open);
    onOpenChange?.(open);
  };
  const close = () => {
    trigger.current?.focus();
    change(false);
  };
  useLayoutEffect(() => {
    if (!isOpen) return;
    place(list.current, trigger.current);
    itemsOf(list.current)[0]?.focus();
  }, [isOpen]);
  useEffect(() => isOpen ? onPressOutside(around, () => change(false)) : undefined, [isOpen]);

  return (
    <div
      class="menu-around"
      ref={around}
      onKeyDown={(event) => {
        if (isOpen) onKey(event, list.current, close);
      }}
      onFocusOut={(event) => {
        if (isOpen && isOutside(around.current, event.relatedTarget)) change(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        class={name ?? "icon-button"}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        tabIndex={tabIndex}
        onClick={() => change(!isOpen)}
      >
        {button}
      </button>
      {isOpen && (
        <div ref={list} id={id} class="menu" role="menu" aria-label={label}>
          {items.map(({ label, icon, isDangerous, hint, choose }) => (
            <button
              key={label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={isDangerous ? "menu-item menu-item-dangerous" : "menu-item"}
              onClick={() => {
                close();
                choose();
              }}
            >
              <Icon name={icon} small />
              {label}
              {hint !== undefined && <small class="menu-hint">{hint}</small>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function itemsOf(list: Element | null): HTMLElement[] {
  return [...list?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? []];
}

function onKey(event: KeyboardEvent, list: Element | null, close: () => void): void {
  const items = itemsOf(list);
  const index = items.findIndex((item) => item === document.activeElement);
  const target = targetOf(event.key, items, index);
  if (event.key === "Escape" || event.key === "Tab") close();
  else target?.focus();
  if (event.key === "Escape" || target !== undefined) {
    event.preventDefault();
    event.stopPropagation();
  }
}

function targetOf(key: string, items: HTMLElement[], index: number): HTMLElement | undefined {
  switch (key) {
    case "ArrowDown":
      return items[(index + 1) % items.length];
    case "ArrowUp":
      return items.at(index <= 0 ? -1 : index - 1);
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
  }
  if (key.length !== 1 || key === " ") return undefined;
  const starts = (item: HTMLElement) =>
    item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()) ?? false;
  return items.slice(index + 1).find(starts) ?? items.find(starts);
}

/** What is kept free between the menu and the edge of the window. */
const EDGE_PX = 8;

/** Puts the menu where there is room for it: it lies over all panes, so no pane cuts it off. */
function place(menu: HTMLElement | null, trigger: HTMLElement | null): void {
  if (menu === null || trigger === null) return;
  const from = trigger.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isLeftToRight = getComputedStyle(trigger).direction === "ltr";
  const left = isLeftToRight ? from.right - width : from.left;
  const fitsBelow = from.bottom + height + EDGE_PX <= innerHeight;
  const top = fitsBelow ? from.bottom + 4 : from.top - height - 4;
  menu.style.left = `${Math.max(EDGE_PX, Math.min(left, innerWidth - width - EDGE_PX))}px`;
  menu.style.top = `${Math.max(EDGE_PX, top)}px`;
}
