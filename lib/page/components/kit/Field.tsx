/** One labelled text input with a hint, and with what is wrong when something is. */
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon.tsx";

const TEXT = { type: "text" } as const;
const SECRET = { type: "password" } as const;

interface FieldProps {
  label: string;
  name: string;
  value: string;
  problem: string | null;
  hint?: string;
  /** What is typed is not shown. */
  isSecret?: boolean;
  autoFocus?: boolean;
  autoComplete?: string;
  onValue: (value: string) => void;
}

export function Field(props: FieldProps) {
  const { label, name, value, problem, hint, isSecret = false } = props;
  const { autoFocus = false, autoComplete = "off" } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  // Browsers obey the attribute in a dialog that opens, but not in anything else that is added to a page.
  useLayoutEffect(() => {
    if (autoFocus) input.current?.focus();
  }, []);

  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        name={name}
        {...(isSecret ? SECRET : TEXT)}
        value={value}
        required
        autofocus={autoFocus}
        spellcheck={false}
        autocapitalize="none"
        autocomplete={autoComplete}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-about`}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      <p id={`${id}-about`} class={problem === null ? "field-hint" : "field-problem"}>
        {problem !== null && <Icon name="alert" />}
        {problem ?? hint}
      </p>
    </div>
  );
}
