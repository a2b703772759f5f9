/** Picks who comes into a group. */
import { useEffect, useState } from "preact/hooks";
import type { ConversationInfo, User } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { State } from "../../state/store.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Modal } from "../kit/Modal.tsx";
import { PeoplePicker } from "../people/PeoplePicker.tsx";

interface AddMembersProps {
  info: ConversationInfo;
  state: State;
  except: readonly string[];
  onClose: () => void;
}

export function AddMembers({ info, state, except, onClose }: AddMembersProps) {
  const { session } = usePage();
  const [picked, setPicked] = useState<readonly User[]>([]);
  const [problem, setProblem] = useState("");
  useEffect(() => session.chats?.loadContacts(), []);
  const add = async () => {
    try {
      await session.chats?.add(info.id, picked.map(({ userId }) => userId));
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Modal title={`Add to ${shownName(info.name)}`} class="modal-center" onClose={onClose}>
      <div class="new-conversation">
        <PeoplePicker
          state={state}
          except={except}
          picked={picked}
          onPick={(user) => {
            const others = picked.filter(({ userId }) => userId !== user.userId);
            setPicked(others.length < picked.length ? others : [...picked, user]);
          }}
        />
        <p class="soft">
          {info.history === "all"
            ? "They see everything that was said here."
            : "They see what is said from now on."}
        </p>
        {problem !== "" && <p class="form-problem" role="alert">{problem}</p>}
        <button
          type="button"
          class="button button-primary button-wide"
          disabled={picked.length === 0}
          onClick={add}
        >
          {picked.length > 1 ? `Add ${picked.length} people` : "Add"}
        </button>
      </div>
    </Modal>
  );
}
