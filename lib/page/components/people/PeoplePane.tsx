/** The user's contacts: who is there, and what one can do: write, remove, block. */
import { useEffect, useState } from "preact/hooks";
import type { Contact } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { State } from "../../state/store.ts";
import type { Identity } from "../../session/identity.ts";
import { lastSeen } from "../../../sdk/view/times.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Confirm } from "../kit/Confirm.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Menu } from "../kit/Menu.tsx";
import { Modal } from "../kit/Modal.tsx";
import { Name } from "../kit/Name.tsx";
import { ListSkeleton } from "../list/NothingHere.tsx";
import { PeoplePicker } from "./PeoplePicker.tsx";

export function PeoplePane({ state, identity }: { state: State; identity: Identity }) {
  const { session } = usePage();
  const [isAdding, setAdding] = useState(false);
  useEffect(() => session.chats?.loadContacts(), []);
  const { contacts } = state;
  const known = contacts?.map(({ userId }) => userId) ?? [];
  return (
    <section class="list-pane" aria-label="People">
      <header class="list-head">
        <h1>People</h1>
        <button
          type="button"
          class="icon-button"
          aria-label="Add a contact"
          title="Add a contact"
          aria-haspopup="dialog"
          onClick={() => setAdding(true)}
        >
          <Icon name="personAdd" />
        </button>
      </header>
      {contacts === null && <ListSkeleton label="Loading the contacts" />}
      {contacts?.length === 0 && (
        <div class="nothing">
          <span class="nothing-icon">
            <Icon name="people" />
          </span>
          <strong>No contacts yet</strong>
          <p>Contacts see when you are there, and you see when they are.</p>
          <button type="button" class="button button-primary" onClick={() => setAdding(true)}>
            Add a contact
          </button>
        </div>
      )}
      <ul class="list-scroll contacts" aria-label="Contacts">
        {contacts?.map((contact) => <ContactRow key={contact.userId} contact={contact} />)}
      </ul>
      {isAdding && (
        <Modal
          title="Add a contact"
          class="modal-center"
          onClose={() => setAdding(false)}
        >
          <div class="new-conversation">
            <PeoplePicker
              state={state}
              except={[identity.user_id, ...known]}
              onPick={({ userId, name }) => {
                setAdding(false);
                const named = name === userId ? undefined : name;
                session.chats?.tell(session.chats.addContact(userId, named));
              }}
            />
          </div>
        </Modal>
      )}
    </section>
  );
}

function ContactRow({ contact }: { contact: Contact }) {
  const { session } = usePage();
  const [isAsking, setAsking] = useState(false);
  const { userId, name, status, blocked } = contact;
  const { chats } = session;
  const write = () => {
    const opening = chats?.private(userId).then(({ id }) =>
      session.go({ kind: "conversation", id })
    );
    if (opening !== undefined) chats?.tell(opening);
  };
  const block = (isBlocked: boolean) => {
    if (chats !== undefined) chats.tell(chats.block(userId, isBlocked));
  };
  return (
    <li class="contact" data-testid="contact">
      <button type="button" class="row" onClick={write} disabled={blocked} data-result>
        <Avatar userId={userId} name={name} size="list" status={blocked ? "offline" : status} />
        <span class="row-name">
          <span class="row-name-text">
            <Name>{name}</Name>
          </span>
        </span>
        <span class="row-last">{wordsOf(contact)}</span>
      </button>
      <Menu
        label={`Actions for ${shownName(name)}`}
        button={<Icon name="more" />}
        items={[
          blocked
            ? { label: "Unblock", icon: "unlock", choose: () => block(false) }
            : { label: "Block", icon: "block", isDangerous: true, choose: () => setAsking(true) },
          {
            label: "Remove from contacts",
            icon: "trash",
            isDangerous: true,
            choose: () => chats?.tell(chats.removeContact(userId)),
          },
        ]}
      />
      {isAsking && (
        <Confirm
          title={`Block ${shownName(name)}?`}
          text="Neither of you can write to the other, or sees whether the other is there."
          action="Block"
          onConfirm={() => block(true)}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function wordsOf({ status, lastSeen: seen, blocked }: Contact): string {
  if (blocked) return "Blocked";
  if (status !== "offline") return status === "online" ? "Online" : "Away";
  return seen === undefined ? "Offline" : lastSeen(seen);
}
