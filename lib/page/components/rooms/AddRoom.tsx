/** The button beside the tabs that asks for one more room. */
import { useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { problemOf } from "../../session/identity.ts";
import { Field } from "../kit/Field.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Modal } from "../kit/Modal.tsx";

export function AddRoom() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Join a room"
        title="Join a room"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name="hash" />
      </button>
      {isOpen && (
        <Modal title="Join a room" class="modal-center" onClose={() => setOpen(false)}>
          <AddRoomForm onDone={() => setOpen(false)} />
        </Modal>
      )}
    </>
  );
}

/** Joining a room that is open already shows its tab. */
export function AddRoomForm({ onDone }: { onDone: () => void }) {
  const { session } = usePage();
  const [room, setRoom] = useState("");
  const [isChecked, setChecked] = useState(false);
  const problem = problemOf.room(room);
  const submit = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (problem !== null) return;
    session.openRoom(room.trim());
    onDone();
  };
  return (
    <form class="form" onSubmit={submit} noValidate>
      <Field
        label="Room"
        name="new_room"
        value={room}
        problem={isChecked ? problem : null}
        hint="A room is there as soon as someone joins it."
        autoFocus
        onValue={setRoom}
      />
      <button type="submit" class="button button-primary button-wide">Join</button>
    </form>
  );
}
