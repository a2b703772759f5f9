/** Picks who a new conversation is with. One person makes it private; a name or more people make it a group. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { User } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import { PeoplePicker } from "./PeoplePicker.tsx";
import { problemOfName } from "./names.ts";
import { Field } from "../kit/Field.tsx";

interface NewConversationFormProps {
  state: State;
  identity: Identity;
  onDone: () => void;
}

export function NewConversationForm({ state, identity, onDone }: NewConversationFormProps) {
  const { session } = usePage();
  const [kind, setKind] = useState<"private" | "group">("private");
  const [picked, setPicked] = useState<readonly User[]>([]);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isGroup = kind === "group";
  const isOffline = state.connection.kind !== "online";
  /** The dialog was closed: what comes of it is in the list, and takes the reader nowhere. */
  const isGone = useRef(false);
  useEffect(() => () => void (isGone.current = true), []);

  const open = async (making: Promise<{ id: number }> | undefined) => {
    if (making === undefined) return;
    setBusy(true);
    try {
      const { id } = await making;
      if (isGone.current) return;
      onDone();
      session.go({ kind: "conversation", id });
    } catch (error) {
      if (isGone.current) return session.chats?.tell(making);
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const wrong = problemOfName(name) ??
      (picked.length === 0 ? "Pick at least one person." : null);
    setProblem(wrong);
    if (wrong !== null) return;
    open(session.chats?.createGroup(name.trim(), picked.map(({ userId }) => userId)));
  };
  return (
    <form class="new-conversation" onSubmit={submit} noValidate>
      <fieldset class="segments segments-two">
        <legend class="visually-hidden">Kind</legend>
        {(["private", "group"] as const).map((each) => (
          <label key={each} class="segment">
            <input
              class="visually-hidden"
              type="radio"
              name="kind"
              checked={each === kind}
              onChange={() => setKind(each)}
            />
            {each === "private" ? "One person" : "Group"}
          </label>
        ))}
      </fieldset>
      {isGroup && (
        <Field
          label="Name of the group"
          name="group_name"
          value={name}
          problem={null}
          autoFocus
          onValue={setName}
        />
      )}
      <PeoplePicker
        key={kind}
        state={state}
        except={[identity.user_id]}
        picked={isGroup ? picked : undefined}
        onPick={(user) => {
          if (!isGroup) return open(session.chats?.private(user.userId));
          const others = picked.filter(({ userId }) => userId !== user.userId);
          setPicked(others.length < picked.length ? others : [...picked, user]);
        }}
      />
      {problem !== null && <p class="form-problem" role="alert">{problem}</p>}
      {isBusy && isOffline && (
        <p class="form-note" role="status">You are offline. It is made when you are back.</p>
      )}
      {isGroup && (
        <button type="submit" class="button button-primary button-wide" disabled={isBusy}>
          {picked.length === 0 ? "Make the group" : `Make the group of ${picked.length + 1}`}
        </button>
      )}
    </form>
  );
}
