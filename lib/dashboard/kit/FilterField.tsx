/** A field that narrows a list down. What is typed counts after a moment without typing. */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../page/components/kit/Icon.tsx";

const TYPED_MS = 200;

interface FilterFieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
}

export function FilterField({ label, value, onValue }: FilterFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onValue(text), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="filter">
      <Icon name="search" small />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        spellcheck={false}
        autocapitalize="none"
        autocomplete="off"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
    </label>
  );
}
