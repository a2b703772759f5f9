/** Gives a group another name. */
import { useState } from "preact/hooks";
import type { ConversationInfo } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { Field } from "../kit/Field.tsx";
import { problemOfName } from "../people/names.ts";

export function GroupName({ info, onDone }: { info: ConversationInfo; onDone: () => void }) {
  const { session } = usePage();
  const [name, setName] = useState(info.name);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: Event) => {
    event.preventDefault();
    const wrong = problemOfName(name);
    setProblem(wrong);
    if (wrong !== null) return;
    try {
      if (name.trim() !== info.name) await session.chats?.rename(info.id, name.trim());
      onDone();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      class="form group-name"
      noValidate
      onSubmit={save}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onDone();
      }}
    >
      <Field
        label="Name of the group"
        name="group_name"
        value={name}
        problem={problem}
        autoFocus
        onValue={setName}
      />
      <div class="confirm-actions">
        <button type="button" class="button button-small" onClick={onDone}>Cancel</button>
        <button type="submit" class="button button-primary button-small">Save</button>
      </div>
    </form>
  );
}
