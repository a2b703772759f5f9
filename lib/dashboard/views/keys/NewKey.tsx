/** Makes a key, and shows it once: the server keeps no more than its hash. */
import { useState } from "preact/hooks";
import { CopyLine } from "../../../page/components/kit/CopyLine.tsx";
import { Field } from "../../../page/components/kit/Field.tsx";
import { Modal } from "../../../page/components/kit/Modal.tsx";
import type { ApiKey } from "../../api/shapes.ts";
import { reasonOf } from "../../api/api.ts";
import { useDashboard } from "../../state/context.ts";

const SCOPES: readonly [scope: string, meaning: string][] = [
  ["publish", "send notifications, say something in rooms"],
  ["read", "read counters, and who is connected"],
  ["manage", "all that this dashboard does"],
  ["chat:read", "read conversations"],
  ["chat:write", "write in conversations"],
  ["files:read", "read files"],
  ["files:write", "upload files"],
];

const DAYS = [["", "Never"], ["30", "In 30 days"], ["90", "In 90 days"], [
  "365",
  "In a year",
]] as const;

interface NewKeyProps {
  onClose: () => void;
  onMade: () => void;
}

export function NewKey({ onClose, onMade }: NewKeyProps) {
  const { api, session, signInWith } = useDashboard();
  const isFirst = session.who === "local";
  const [name, setName] = useState("");
  const [days, setDays] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(
    isFirst ? ["publish", "read", "manage"] : ["publish"],
  );
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<(ApiKey & { key: string }) | undefined>();
  const make = async () => {
    setProblem(null);
    try {
      const answer = await api.send<ApiKey & { key: string }>("POST", "/keys", {
        ...{ name: name.trim(), scopes, site: session.site },
        ...(days !== "" && { expires_at: Math.floor(Date.now() / 1000) + Number(days) * 86_400 }),
      });
      setMade(answer);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  const done = async () => {
    onClose();
    // From the first key on, the dashboard needs one.
    if (made !== undefined && isFirst) await signInWith(made.key).catch(() => {});
    onMade();
  };
  if (made !== undefined) {
    return (
      <Modal title={`Key ${made.name}`} class="modal-center" onClose={() => void done()}>
        <div class="confirm">
          <p>Copy the key now. The server keeps its hash alone, so nobody can show it again.</p>
          <CopyLine label="key" line={made.key} />
          {isFirst && (
            <p class="muted">
              It is the first key: from now on the API and this dashboard need one.
              {made.scopes.includes("manage") && " You are signed in with it."}
            </p>
          )}
          <div class="confirm-actions">
            <button type="button" class="button button-primary" onClick={() => void done()}>
              I have copied it
            </button>
          </div>
        </div>
      </Modal>
    );
  }
  return (
    <Modal title="New API key" class="modal-center" onClose={onClose}>
      <form
        class="confirm"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Field
          label="Name"
          name="name"
          value={name}
          problem={problem}
          hint="Such as the program that calls with it"
          autoFocus
          onValue={setName}
        />
        <fieldset class="checks">
          <legend>It may</legend>
          {SCOPES.map(([scope, meaning]) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={({ currentTarget: { checked } }) =>
                  setScopes(checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))}
              />
              <span>
                <b>{scope}</b>
                <small>{meaning}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {isFirst && !scopes.includes("manage") && (
          <p class="note-line">
            It is the first key. Without “manage” nobody can open this dashboard until another one
            is made on the server.
          </p>
        )}
        <label class="form-line">
          It expires
          <select value={days} onChange={({ currentTarget }) => setDays(currentTarget.value)}>
            {DAYS.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
          </select>
        </label>
        <div class="confirm-actions">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="submit"
            class="button button-primary"
            disabled={name.trim() === "" || scopes.length === 0}
          >
            Make it
          </button>
        </div>
      </form>
    </Modal>
  );
}
