/** The pane of details: beside the conversation, over it, or on a phone in its place. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { usePage } from "../../context.ts";
import { useWide } from "../../layout.ts";
import { withDetails } from "../../state/place.ts";
import type { Place } from "../../state/place.ts";
import { useDetailsPin } from "../conversation/details_pin.ts";
import { Icon } from "../kit/Icon.tsx";

interface DetailsPaneProps {
  label: string;
  place: Place;
  children: ComponentChildren;
}

export function DetailsPane({ label, place, children }: DetailsPaneProps) {
  const { session } = usePage();
  const isWide = useWide();
  const pin = useDetailsPin();
  const heading = useRef<HTMLHeadingElement>(null);
  const close = () => {
    if (isWide) pin.set(false);
    else session.go(withDetails(place, false));
    document.querySelector<HTMLElement>(".details-button")?.focus();
  };
  useLayoutEffect(() => {
    if (!isWide) heading.current?.focus();
  }, []);
  return (
    <aside
      class="details"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        if ((event.target as Element).closest("dialog") !== null) return; // it closes what is above
        event.stopPropagation();
        close();
      }}
    >
      <header class="details-head">
        <button
          type="button"
          class="icon-button back-button"
          aria-label="Back to the conversation"
          onClick={close}
        >
          <Icon name="back" />
        </button>
        <h2 ref={heading} tabIndex={-1}>Details</h2>
        <button
          type="button"
          class="icon-button wide-only"
          aria-label="Close the details"
          title="Close the details"
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </aside>
  );
}
