/** Opens the details of what is shown: beside it where there is room, over it or in place of it where there is not. */
import { usePage } from "../../context.ts";
import { hasDetails, type Place, withDetails } from "../../state/place.ts";
import { Icon } from "../kit/Icon.tsx";
import { useDetailsPin } from "./details_pin.ts";
import { useWide } from "../../layout.ts";

export function DetailsButton({ place }: { place: Place }) {
  const { session } = usePage();
  const isWide = useWide();
  const pin = useDetailsPin();
  const isOpen = isWide ? pin.isPinned : hasDetails(place);
  return (
    <button
      type="button"
      class="icon-button details-button"
      aria-label="Details"
      title="Details"
      aria-expanded={isOpen}
      onClick={() => {
        if (isWide) pin.set(!isOpen);
        else session.go(withDetails(place, !isOpen));
      }}
    >
      <Icon name="panel" />
    </button>
  );
}
