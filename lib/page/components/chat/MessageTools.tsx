/** What can be done with the message that the pointer or the keyboard is on: react, answer, and the rest in a menu. */
import type { ShownMessage } from "../../state/thread.ts";
import { Icon } from "../kit/Icon.tsx";
import { Menu, type MenuItem } from "../kit/Menu.tsx";
import type { MessageActions } from "./actions.ts";
import { EmojiPicker } from "./EmojiPicker.tsx";

interface MessageToolsProps {
  message: ShownMessage;
  isOwn: boolean;
  actions: MessageActions;
  /** A panel of the tools is open. */
  onHold: (isHeld: boolean) => void;
}

export function MessageTools({ message, isOwn, actions, onHold }: MessageToolsProps) {
  const items = itemsOf(message, isOwn, actions);
  return (
    <div class="tools" role="toolbar" aria-label="Message">
      {actions.react !== undefined && (
        <EmojiPicker
          label="React"
          onOpenChange={onHold}
          onChoose={(emoji) => actions.react?.(message, emoji, true)}
        />
      )}
      <button
        type="button"
        class="icon-button"
        aria-label="Reply"
        title="Reply"
        onClick={() => actions.reply?.(message)}
      >
        <Icon name="reply" />
      </button>
      {items.length > 0 && (
        <Menu label="More" button={<Icon name="more" />} onOpenChange={onHold} items={items} />
      )}
    </div>
  );
}

function itemsOf(message: ShownMessage, isOwn: boolean, actions: MessageActions): MenuItem[] {
  const copy: MenuItem = {
    label: "Copy text",
    icon: "copy",
    choose: () => void navigator.clipboard?.writeText(message.text).catch(() => {}),
  };
  const own: MenuItem[] = [
    { label: "Who has seen it", icon: "checks", choose: () => actions.showReceipts?.(message) },
    { label: "Edit", icon: "edit", choose: () => actions.edit?.(message) },
    {
      label: "Delete for everyone",
      icon: "trash",
      isDangerous: true,
      choose: () => actions.unsend?.(message),
    },
  ];
  const all = isOwn ? [copy, ...own] : [copy];
  return message.text === "" ? all.filter((each) => each !== copy) : all;
}
