/** The button that begins a conversation: with one person, or a group of several. */
import { useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import { Icon } from "../kit/Icon.tsx";
import { Modal } from "../kit/Modal.tsx";
import { NewConversationForm } from "./NewConversationForm.tsx";

export function NewConversation({ state, identity }: { state: State; identity: Identity }) {
  const { session } = usePage();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="New conversation"
        title="New conversation"
        aria-haspopup="dialog"
        onClick={() => {
          session.chats?.loadContacts();
          setOpen(true);
        }}
      >
        <Icon name="plus" />
      </button>
      {isOpen && (
        <Modal
          title="New conversation"
          class="modal-center"
          onClose={() => setOpen(false)}
        >
          <NewConversationForm state={state} identity={identity} onDone={() => setOpen(false)} />
        </Modal>
      )}
    </>
  );
}
