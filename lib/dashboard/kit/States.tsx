/** What stands where there is nothing to show: not yet, not any, or not to be had. */
import { Icon, type IconName } from "../../page/components/kit/Icon.tsx";

export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div class="skeleton-rows" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => <span key={index} class="skeleton-row" />)}
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  text: string;
  action?: { label: string; run: () => void };
}

export function Empty({ icon, text, action }: EmptyProps) {
  return (
    <div class="empty-state">
      <Icon name={icon} />
      <p>{text}</p>
      {action !== undefined && (
        <button type="button" class="button button-small" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  );
}

/** @param isOld something older is shown below it */
export function Failure({ error, onRetry, isOld = false }: {
  error: string;
  onRetry: () => void;
  isOld?: boolean;
}) {
  return (
    <div class="failure" role="alert">
      <Icon name="warn" />
      <p>
        {error}
        {isOld && <small>What is shown is from before.</small>}
      </p>
      <button type="button" class="button button-small" onClick={onRetry}>Retry</button>
    </div>
  );
}
