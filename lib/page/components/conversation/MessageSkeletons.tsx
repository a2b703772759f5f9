/** The shape of messages that are on their way. It comes after a moment, so that a quick answer shows none. */

const WIDTHS = [["56", false], ["40", true], ["70", false], ["34", false], ["52", true]] as const;

export function MessageSkeletons() {
  return (
    <div class="message-skeletons" aria-busy="true" aria-label="Loading the messages">
      {WIDTHS.map(([width, isOwn]) => (
        <div
          key={width}
          class={isOwn ? "message-skeleton message-skeleton-own" : "message-skeleton"}
        >
          <span class="skeleton skeleton-avatar" />
          <span class={`skeleton skeleton-bubble skeleton-${width}`} />
        </div>
      ))}
    </div>
  );
}
