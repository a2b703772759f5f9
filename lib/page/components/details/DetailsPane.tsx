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
  /** @default "Details" */
  title?: string;
  /** Leads back to what was in the pane before; without it, the pane is closed. */
  back?: { word: string; go: () => void };
  /** It was there before with something else in it, so that it does not come in. */
  isStill?: boolean;
  children: ComponentChildren;
}

export function DetailsPane(props: DetailsPaneProps) {
  const { label, place, title = "Details", back, isStill = false, children } = props;
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
    if (back !== undefined || (!isWide && !isStill)) heading.current?.focus();
  }, []);
  return (
    <aside
      class={isStill ? "details details-still" : "details"}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        if ((event.target as Element).closest("dialog") !== null) return; // it closes what is above
        event.stopPropagation();
        if (back === undefined) close();
        else back.go();
      }}
    >
      <header class="details-head">
        <button
          type="button"
          class={back === undefined ? "icon-button back-button" : "icon-button"}
          aria-label={back?.word ?? "Back to the conversation"}
          title={back?.word}
          onClick={back?.go ?? close}
        >
          <Icon name="back" />
        </button>
        <h2 ref={heading} tabIndex={-1}>{title}</h2>
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
