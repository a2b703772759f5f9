/** The list of keys, and the switch for those that are single letters. */
import { useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { Modal } from "../kit/Modal.tsx";
import { Switch } from "../kit/Switch.tsx";
import { hasSingleKeys, setSingleKeys } from "./shortcuts.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl K", "Search and jump"],
  ["Alt ↑ / ↓", "Previous, next chat"],
  ["Alt Shift ↑ / ↓", "Previous, next unread chat"],
  ["Enter", "Send"],
  ["Shift Enter", "New line"],
  ["↑ in an empty field", "Edit your last message"],
  ["↑ / ↓ in the messages", "From message to message"],
  ["Enter on a photo", "Open it; ← and → go on, Esc closes it"],
  ["J / K", "Next, previous message"],
  ["R", "Reply to the message"],
  ["E", "Edit the message, if it is yours"],
  ["J / K in the inbox", "Next, previous notification"],
  ["E in the inbox", "Archive the notification"],
  ["H in the inbox", "Snooze the notification"],
  ["Esc", "Close the menu, then the reply, then the pane"],
  ["Shift Esc", "Mark everything as read"],
  ["?", "This list"],
];

export function KeysHelp({ onClose }: { onClose: () => void }) {
  const { storage } = usePage();
  const [isOn, setOn] = useState(() => hasSingleKeys(storage));
  return (
    <Modal title="Keyboard" class="modal-center" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((part) =>
                /^(\/|in|an|empty|field|the|inbox|messages|on|a|photo)$/.test(part)
                  ? ` ${part} `
                  : <kbd key={part}>{part}</kbd>
              )}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="keys-switch">
        <Switch
          label="Single keys"
          hint="R, E, H, J, K and ? work where no field has the focus."
          isOn={isOn}
          onChange={(on) => {
            setSingleKeys(storage, on);
            setOn(on);
          }}
        />
      </div>
    </Modal>
  );
}
