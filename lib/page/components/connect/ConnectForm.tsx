/**
 * Asks for user id, room and name, and a token where the server needs one. It lets nobody through with an answer that
 * cannot work.
 */
import { useRef, useState } from "preact/hooks";
import { type ConnectAnswers, problemOf } from "../../session/identity.ts";
import { Field } from "../kit/Field.tsx";

interface ConnectFormProps {
  answers: ConnectAnswers;
  needsToken: boolean;
  onConnect: (answers: ConnectAnswers) => void;
}

type FieldName = keyof ConnectAnswers;
const FIELD_NAMES: readonly FieldName[] = ["user_id", "name", "room"];
const WITH_TOKEN: readonly FieldName[] = [...FIELD_NAMES, "token"];

export function ConnectForm({ answers: given, needsToken, onConnect }: ConnectFormProps) {
  const [answers, setAnswers] = useState(given);
  const [isChecked, setChecked] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const submit = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    const asked = needsToken ? WITH_TOKEN : FIELD_NAMES;
    const wrong = asked.find((field) => problemOf[field](answers[field]) !== null);
    if (wrong === undefined) return onConnect(trimmed(answers));
    form.current?.querySelector<HTMLInputElement>(`[name="${wrong}"]`)?.focus();
  };
  const propsOf = (field: FieldName) => ({
    name: field,
    value: answers[field],
    problem: isChecked ? problemOf[field](answers[field]) : null,
    onValue: (value: string) => setAnswers({ ...answers, [field]: value }),
  });

  return (
    <form class="form" ref={form} onSubmit={submit} noValidate aria-label="Connect">
      <Field
        {...propsOf("user_id")}
        label="User ID"
        hint="Notifications are sent to this id, like 123."
        autoFocus={answers.user_id === ""}
        autoComplete="username"
      />
      <Field
        {...propsOf("name")}
        label="Name"
        hint="What the others see."
        autoComplete="nickname"
      />
      <Field {...propsOf("room")} label="Room" hint="You can join more of them later." />
      {needsToken && (
        <Field
          {...propsOf("token")}
          label="Token"
          isSecret
          hint="Proves your user id, as from notifyli token --user 123."
        />
      )}
      <button type="submit" class="button button-primary button-wide">Connect</button>
    </form>
  );
}

function trimmed({ user_id, name, room, token }: ConnectAnswers): ConnectAnswers {
  return { user_id: user_id.trim(), name: name.trim(), room: room.trim(), token: token.trim() };
}
