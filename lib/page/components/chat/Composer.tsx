/** Where messages are written: Enter sends, Shift+Enter makes a new line. It works without a connection, too. */
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { User } from "../../../sdk/mod.ts";
import { DEFAULT_CONFIG, type FileLimits } from "../../config.ts";
import { usePage } from "../../context.ts";
import { hasPointer, isNarrow } from "../../layout.ts";
import { type Draft, NO_DRAFT } from "../../state/drafts.ts";
import type { Tray } from "../../state/tray.ts";
import { AttachButton } from "../files/AttachButton.tsx";
import { TrayStrip, useTray } from "../files/TrayStrip.tsx";
import { Icon } from "../kit/Icon.tsx";
import { ComposerBar } from "./ComposerBar.tsx";
import { type DraftBox, useDraft } from "./draft_box.ts";
import { EmojiPicker } from "./EmojiPicker.tsx";
import { Mentions, useMentions } from "./Mentions.tsx";

interface ComposerProps {
  /** Whom or what the message goes to. */
  to: string;
  box: DraftBox;
  /** How long a message may be, in characters as people count them. */
  limit: number;
  limits?: FileLimits;
  isOnline: boolean;
  /** Takes the message. Returns whether it did. */
  onSay: (draft: Draft, files: readonly File[]) => boolean;
  onTyping?: (isTyping: boolean) => void;
  /** Edits the last own message. */
  onEditLast?: () => void;
  people?: readonly User[];
  /** What is attached; absent where nothing can be. */
  tray?: Tray;
}

/** From this part of the limit on the counter is shown. */
const COUNTER_FROM = 0.9;

export function Composer(props: ComposerProps) {
  const { to, box, limit, isOnline, onSay, onTyping, people = [], tray } = props;
  const { limits = DEFAULT_CONFIG.files } = props;
  const draft = useDraft(box);
  const attached = useTray(tray);
  const { text } = draft;
  const hintId = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const mentions = useMentions(area, people, (mentioned) => write({ ...box.draft, ...mentioned }));
  const hint = useFirstUse();
  useAutosize(area, text);
  useLayoutEffect(() => takeLostFocus(area.current), [box]);
  box.onFocus = () => area.current?.focus();

  const length = text.length < limit * COUNTER_FROM ? text.length : [...text.trim()].length;
  const isTooLong = length > limit;
  const isEditing = draft.editing !== undefined;
  const isEmpty = text.trim() === "" && (attached.length === 0 || isEditing);
  const write = (next: Draft) => {
    box.write(next);
    onTyping?.(next.text.trim() !== "" && next.editing === undefined);
  };
  const send = () => {
    if (isEmpty || isTooLong) return;
    const files = isEditing ? [] : attached.map(({ file }) => file);
    if (onSay({ ...box.draft, text: text.trim() }, files)) {
      if (!isEditing) tray?.empty();
      box.write(NO_DRAFT);
      box.keep();
      hint.used();
    }
    area.current?.focus();
  };
  const insert = (emoji: string) => {
    const { selectionStart = text.length, selectionEnd = text.length } = area.current ?? {};
    write({ ...draft, text: text.slice(0, selectionStart) + emoji + text.slice(selectionEnd) });
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends an input method's composition belongs to that, not to us.
    if (event.isComposing || mentions.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && box.release()) {
      event.preventDefault();
      event.stopPropagation();
    } else if (
      event.key === "ArrowUp" && !event.altKey && text === "" && props.onEditLast !== undefined
    ) {
      event.preventDefault();
      props.onEditLast();
    }
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
      {mentions.isOpen && <Mentions {...mentions} />}
      <div class="composer-box">
        <ComposerBar draft={draft} onRelease={() => box.release()} />
        {tray !== undefined && !isEditing && (
          <TrayStrip
            tray={tray}
            onEmpty={() => area.current?.focus()}
          />
        )}
        <div class="composer-line">
          {tray !== undefined && !isEditing && (
            <AttachButton
              types={limits.types}
              isRoomy={text === ""}
              onFiles={(files) => {
                tray.add(files, limits);
                if (hasPointer()) area.current?.focus();
              }}
            />
          )}
          <textarea
            ref={area}
            rows={1}
            dir="auto"
            value={text}
            placeholder={isOnline ? `Message ${to}` : "Write now, it is sent later"}
            aria-label={`Message ${to}`}
            aria-describedby={hintId}
            aria-invalid={isTooLong}
            {...mentions.attributes}
            onInput={(event) => {
              write({ ...draft, text: event.currentTarget.value });
              mentions.look();
            }}
            onKeyDown={onKeyDown}
            onClick={mentions.look}
          />
          <EmojiPicker label="Emoji" onChoose={insert} />
          <button
            type="submit"
            class="icon-button send-button"
            aria-label={isEditing ? "Save" : "Send"}
            title={isEditing ? "Save" : "Send"}
            disabled={isEmpty || isTooLong}
          >
            <Icon name={isEditing ? "check" : "send"} />
          </button>
        </div>
      </div>
      <p class="composer-hint" id={hintId}>
        {isOnline
          ? hint.isShown && <Keys />
          : <span class="visually-hidden">You are offline. What you write is sent later.</span>}
        {length >= limit * COUNTER_FROM && (
          <span class={isTooLong ? "counter counter-over" : "counter"} data-testid="counter">
            {isTooLong && <Icon name="alert" small />}
            {length.toLocaleString()} / {limit.toLocaleString()}
            {isTooLong && <span class="visually-hidden">, too long</span>}
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

const USED_KEY = "notifyli.has_written";

/** The keys are told until the first message was sent. */
function useFirstUse() {
  const { storage } = usePage();
  const [isShown, setShown] = useState(() => storage.getItem(USED_KEY) !== "true");
  return {
    isShown,
    used() {
      if (!isShown) return;
      setShown(false);
      storage.setItem(USED_KEY, "true");
    },
  };
}

/**
 * Opening a conversation, joining and leaving a room remove what had the focus. It goes to the composer, but not on a phone,
 * where the composer is one step further than the conversation, nor on a touch screen, where the keyboard would come up
 * unasked: there it goes to the heading. It is done before the next key, which would be lost.
 */
function takeLostFocus(area: HTMLElement | null): void {
  if (!isFocusLost(document.activeElement)) return;
  const isAsked = hasPointer() && !isNarrow();
  const target = isAsked ? area : document.getElementById("conversation-name");
  target?.focus({ preventScroll: true });
}

function isFocusLost(active: Element | null): boolean {
  if (active === null || active === document.body || active.id === "main") return true;
  // On a phone the conversation has taken the place of the list, and of what is in it.
  return active.closest(isNarrow() ? ".list-pane" : "[data-list-row]") !== null;
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
