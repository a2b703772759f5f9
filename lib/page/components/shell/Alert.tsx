/** What the server complained about, where it disturbs nobody. */
import { useEffect } from "preact/hooks";
import { usePage } from "../../context.ts";
import { Icon } from "../kit/Icon.tsx";

const ALERT_MS = 10_000;

export function Alert({ message }: { message: string | null }) {
  const { dispatch } = usePage();
  const dismiss = () => dispatch({ type: "alert_dismissed" });
  useEffect(() => {
    if (message === null) return;
    const timer = setTimeout(dismiss, ALERT_MS);
    return () => clearTimeout(timer);
  }, [message]);

  return (
    <div class="alert-area" role="alert">
      {message !== null && (
        <div class="alert">
          <Icon name="alert" />
          <p>{message}</p>
          <button
            type="button"
            class="icon-button"
            aria-label="Dismiss the alert"
            onClick={dismiss}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
