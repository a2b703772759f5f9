/** Where messages are written: Enter sends, Shift+Enter makes a new line. It works without a connection, too. */
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { Icon } from "../kit/Icon.tsx";

interface ComposerProps {
  room: string;
  isOnline: boolean;
}

const MESSAGE_LIMIT = 10_000;
/** From this length on the counter is shown. */
const COUNTER_FROM = 9_000;

/** What was being written in each room, while another one is shown. */
const drafts = new Map<string, string>();

export function Composer({ room, isOnline }: ComposerProps) {
  const { session } = usePage();
  const [text, setText] = useState(drafts.get(room) ?? "");
  const hintId = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  useAutosize(area, text);
  useEffect(() => takeLostFocus(area.current), []);

  const isTooLong = text.length > MESSAGE_LIMIT;
  const isEmpty = text.trim() === "";
  const write = (next: string) => {
    setText(next);
    drafts.set(room, next);
  };
  const send = () => {
    if (isEmpty || isTooLong) return;
    if (session.say(room, text.trim())) write("");
    area.current?.focus();
  };

  return (
    <form
      class="composer"
      aria-label="Write a message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={area}
          rows={1}
          value={text}
          placeholder={`Message ${room}`}
          aria-label={`Message ${room}`}
          aria-describedby={hintId}
          aria-invalid={isTooLong}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => {
            // Enter that ends an input method's composition belongs to that, not to us.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          class="send-button"
          aria-label="Send"
          disabled={isEmpty || isTooLong}
        >
          <Icon name="send" />
        </button>
      </div>
      <p class="composer-hint" id={hintId}>
        <span>
          {isOnline ? <Keys /> : "You are offline. What you write is kept and sent later."}
        </span>
        {text.length >= COUNTER_FROM && (
          <span class={isTooLong ? "counter counter-over" : "counter"} data-testid="counter">
            {text.length.toLocaleString()} / {MESSAGE_LIMIT.toLocaleString()}
          </span>
        )}
      </p>
    </form>
  );
}

function Keys() {
  return (
    <span class="composer-keys">
      <kbd>Enter</kbd> to send, <kbd>Shift</kbd> <kbd>Enter</kbd> for a new line
    </span>
  );
}

/**
 * Signing in, joining and leaving a room remove the button that had the focus. It goes to the composer, but
 * not on a touch screen, where the keyboard would come up unasked.
 */
function takeLostFocus(area: HTMLElement | null): void {
  if (document.activeElement !== document.body) return;
  const target = matchMedia("(hover: hover)").matches ? area : document.getElementById("main");
  target?.focus({ preventScroll: true });
}

/** Grows with its text; `styles/composer.css` says how far. */
function useAutosize(area: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);
}
