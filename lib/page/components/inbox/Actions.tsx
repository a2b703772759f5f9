/** What a user can do with a notification, each once: open an address, have the server call one, or answer. */
import { useState } from "preact/hooks";
import type { Notification, NotificationAction } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { linkTo } from "../../../sdk/view/links.ts";
import { isUrgent } from "../../../sdk/view/toasts.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

/** Characters of a reply. */
const LONGEST_REPLY = 1_000;

export function Actions({ notification }: { notification: Notification }) {
  const { actions = [] } = notification.details ?? {};
  if (actions.length === 0) return null;
  const urgent = isUrgent(notification) ? actions.find(({ type }) => type !== "reply") : undefined;
  return (
    <div class="notification-acts">
      {actions.map((action) => (
        <Act
          key={action.id}
          notification={notification}
          action={action}
          isMain={action === urgent}
        />
      ))}
    </div>
  );
}

interface ActProps {
  notification: Notification;
  action: NotificationAction;
  isMain?: boolean;
}

function Act({ notification, action, isMain }: ActProps) {
  const { session } = usePage();
  const [state, setState] = useState<"ready" | "busy" | { failed: string }>("ready");
  const act = async (text?: string) => {
    setState("busy");
    try {
      const result = await session.notifications?.act(notification.id, action.id, text);
      // Another device does it just now: what comes of it is told to all.
      if (result?.doneAt !== undefined) setState("ready");
    } catch (error) {
      setState({ failed: error instanceof Error ? error.message : String(error) });
    }
  };
  const isDone = action.doneAt !== undefined;
  const isBusy = state === "busy" && !isDone;
  const failure = typeof state === "object" && !isDone ? state.failed : "";
  const className = `button button-small${isMain ? " button-primary" : ""}`;
  return (
    <>
      {isDone && action.type !== "view"
        ? <Outcome action={action} />
        : action.type === "reply"
        ? <Reply action={action} isBusy={isBusy} onReply={act} />
        : action.type === "view"
        ? (
          <a class={className} {...linkTo(action.url)} onClick={() => void act()}>
            <Name>{action.label}</Name>
          </a>
        )
        : (
          <button
            type="button"
            class={className}
            aria-busy={isBusy}
            aria-disabled={isBusy} // a disabled one would lose the focus
            onClick={() => isBusy || act()}
          >
            {isBusy && <Icon name="clock" small />}
            <Name>{action.label}</Name>
            {isBusy && <span class="visually-hidden">, under way</span>}
          </button>
        )}
      {failure !== "" && action.type !== "view" && (
        <p class="act-outcome act-failed" role="alert">
          <Icon name="alert" small />
          <span>Not done: {failure}. You may try again.</span>
        </p>
      )}
    </>
  );
}

/** What came of it. What another server answers is not always what was wished for. */
function Outcome(
  { action: { type, label, status = 200, text = "" } }: { action: NotificationAction },
) {
  const isGood = type === "reply" || status < 400;
  return (
    <p class={isGood ? "act-outcome" : "act-outcome act-failed"} role="status">
      <Icon name={isGood ? "check" : "alert"} small />
      <span>
        {type === "reply" ? "You answered" : <Name>{label}</Name>}
        {!isGood && ` was answered with ${status}`}
        {text !== "" && (
          <>
            {": "}
            <bdi>{text}</bdi>
          </>
        )}
      </span>
    </p>
  );
}

interface ReplyProps {
  action: NotificationAction;
  isBusy: boolean;
  onReply: (text: string) => void;
}

function Reply({ action: { id, label, placeholder }, isBusy, onReply }: ReplyProps) {
  const [text, setText] = useState("");
  return (
    <form
      class="act-reply"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "" && !isBusy) onReply(text.trim());
      }}
    >
      <input
        type="text"
        data-act={id}
        value={text}
        dir="auto"
        aria-label={label}
        placeholder={placeholder ?? label}
        maxLength={LONGEST_REPLY}
        autocomplete="off"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit" class="button button-small button-primary" aria-disabled={isBusy}>
        <Name>{placeholder === undefined ? "Send" : label}</Name>
      </button>
    </form>
  );
}
