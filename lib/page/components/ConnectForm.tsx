/** Asks for user id, room and name, and lets nobody through with an answer that cannot work. */
import { useRef, useState } from "preact/hooks";
import { type ConnectAnswers, problemOf } from "../identity.ts";
import { Field } from "./Field.tsx";

interface ConnectFormProps {
  answers: ConnectAnswers;
  onConnect: (answers: ConnectAnswers) => void;
}

type FieldName = keyof ConnectAnswers;
const FIELD_NAMES: readonly FieldName[] = ["user_id", "name", "room"];

export function ConnectForm({ answers: given, onConnect }: ConnectFormProps) {
  const [answers, setAnswers] = useState(given);
  const [isChecked, setChecked] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const submit = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    const wrong = FIELD_NAMES.find((field) => problemOf[field](answers[field]) !== null);
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
      <button type="submit" class="button button-primary button-wide">Connect</button>
    </form>
  );
}

function trimmed({ user_id, name, room }: ConnectAnswers): ConnectAnswers {
  return { user_id: user_id.trim(), name: name.trim(), room: room.trim() };
}
