/** Who has read an own message, who has it, and to whom it has still to come. */
import { useEffect, useState } from "preact/hooks";
import type { MessageReceipts, User } from "../../../sdk/mod.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Icon, type IconName } from "../kit/Icon.tsx";
import { Modal } from "../kit/Modal.tsx";
import { Name } from "../kit/Name.tsx";

interface ReceiptsProps {
  asking: () => Promise<MessageReceipts> | undefined;
  onClose: () => void;
}

export function Receipts({ asking, onClose }: ReceiptsProps) {
  const [receipts, setReceipts] = useState<MessageReceipts | undefined>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    asking()?.then(setReceipts, (error) => setProblem(String(error?.message ?? error)));
  }, []);
  return (
    <Modal title="Who has seen it" class="modal-center" onClose={onClose}>
      <div class="receipts">
        {problem !== "" && <p class="form-problem" role="alert">{problem}</p>}
        <Part icon="checks" title="Read by" people={receipts?.read} isBright />
        <Part icon="checks" title="Delivered to" people={receipts?.delivered} />
        <Part icon="check" title="Not delivered yet" people={receipts?.sent} />
        {receipts === undefined && problem === "" && <p class="soft">Asking…</p>}
      </div>
    </Modal>
  );
}

interface PartProps {
  icon: IconName;
  title: string;
  people: readonly User[] | undefined;
  isBright?: true;
}

function Part({ icon, title, people = [], isBright }: PartProps) {
  if (people.length === 0) return null;
  return (
    <section>
      <h3 class={isBright ? "receipts-title receipts-read" : "receipts-title"}>
        <Icon name={icon} small />
        {title}
      </h3>
      <ul>
        {people.map(({ userId, name }) => (
          <li key={userId} class="person">
            <Avatar userId={userId} name={name} size="small" />
            <Name>{name}</Name>
          </li>
        ))}
      </ul>
    </section>
  );
}
