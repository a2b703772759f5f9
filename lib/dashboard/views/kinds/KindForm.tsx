/** Sets what is usual for a kind. What the form does not name, such as a digest, stays as it is. */
import { useState } from "preact/hooks";
import { Field } from "../../../page/components/kit/Field.tsx";
import { Switch } from "../../../page/components/kit/Switch.tsx";
import { part } from "../../api/api.ts";
import type { Kind } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { useDashboard } from "../../state/context.ts";
import { WAYS } from "./ways.ts";

interface KindFormProps {
  /** Absent where one is made. */
  kind: Kind | undefined;
  onClose: () => void;
  onDone: () => void;
}

const USUAL: Readonly<Record<string, boolean>> = { in_app: true, push: true, mail: false };

export function KindForm({ kind, onClose, onDone }: KindFormProps) {
  const { api, notify } = useDashboard();
  const [id, setId] = useState(kind?.kind ?? "");
  const [name, setName] = useState(String(kind?.["name"] ?? ""));
  const [locked, setLocked] = useState(String(kind?.["locked"] ?? ""));
  const [ways, setWays] = useState<Readonly<Record<string, boolean>>>(
    Object.fromEntries(WAYS.map(([way]) => [way, (kind?.[way] ?? USUAL[way]) === true])),
  );
  const save = async () => {
    const { kind: _, ...rest } = kind ?? { kind: id };
    const fields: Record<string, unknown> = { ...rest, ...ways };
    for (const [field, text] of [["name", name], ["locked", locked]] as const) {
      if (text.trim() === "") delete fields[field];
      else fields[field] = text.trim();
    }
    await api.send("PUT", `/kinds/${part(id.trim())}`, fields);
    notify(`Kind ${id.trim()} is set`);
    onDone();
  };
  return (
    <Ask
      title={kind === undefined ? "New kind" : `Change kind ${kind.kind}`}
      action="Save"
      isReady={id.trim() !== ""}
      onClose={onClose}
      onConfirm={save}
    >
      {kind === undefined && (
        <Field
          label="Kind"
          name="kind"
          value={id}
          problem={null}
          hint="As notifications name it, such as order.shipped"
          autoFocus
          onValue={setId}
        />
      )}
      <label class="form-line">
        Shown to users as
        <input
          class="plain-field"
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      {WAYS.map(([way, label]) => (
        <Switch
          key={way}
          label={`By ${label}`}
          isOn={ways[way] === true}
          onChange={(isOn) => setWays({ ...ways, [way]: isOn })}
        />
      ))}
      <label class="form-line">
        Users may not choose, because
        <input
          class="plain-field"
          placeholder="they may"
          value={locked}
          onInput={({ currentTarget }) => setLocked(currentTarget.value)}
        />
      </label>
    </Ask>
  );
}
