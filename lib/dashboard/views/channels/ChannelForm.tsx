/** Makes a channel or changes one. What the form does not name, such as a list of members, stays as it is. */
import { useState } from "preact/hooks";
import { Field } from "../../../page/components/kit/Field.tsx";
import { Switch } from "../../../page/components/kit/Switch.tsx";
import { query } from "../../api/api.ts";
import type { MadeRoom } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { useDashboard } from "../../state/context.ts";

interface ChannelFormProps {
  /** Absent where one is made. */
  room: MadeRoom | undefined;
  name: string;
  onClose: () => void;
  onDone: () => void;
}

const SPEAKERS = [["", "As usual"], ["anyone", "Who may enter"], ["members", "Who is in it"], [
  "server",
  "No client",
]] as const;
const HISTORIES = [["", "As usual"], ["false", "None"], ["own", "Of its own"]] as const;

export function ChannelForm({ room, name: named, onClose, onDone }: ChannelFormProps) {
  const { api, notify } = useDashboard();
  const history = room?.["history"];
  const { size = 100, seconds = 86_400 } = Object(history === false ? undefined : history);
  const publish = room?.["publish"];
  const [name, setName] = useState(named);
  const [isPrivate, setPrivate] = useState(room?.["private"] === true);
  const [hasPresence, setPresence] = useState(room?.["presence"] !== false);
  const [isPersistent, setPersistent] = useState(room?.["persistent"] === true);
  const [most, setMost] = useState(String(room?.["maxClients"] ?? ""));
  const [speakers, setSpeakers] = useState(Array.isArray(publish) ? "list" : String(publish ?? ""));
  const [kept, setKept] = useState(
    history === undefined ? "" : history === false ? "false" : "own",
  );
  const [keptSize, setSize] = useState(String(size));
  const [keptSeconds, setSeconds] = useState(String(seconds));

  const fields = {
    private: isPrivate ? true : null,
    presence: hasPresence ? null : false,
    persistent: isPersistent ? true : null,
    maxClients: most.trim() === "" ? null : Number(most),
    ...(speakers !== "list" && { publish: speakers === "" ? null : speakers }),
    history: kept === ""
      ? null
      : kept === "false"
      ? false
      : { size: Number(keptSize), seconds: Number(keptSeconds) },
  };
  const save = async () => {
    const path = `/rooms${query({ room: name.trim() })}`;
    if (room === undefined) {
      const given = Object.entries(fields).filter(([, value]) => value !== null);
      await api.send("PUT", path, Object.fromEntries(given));
    } else await api.send("PATCH", path, fields);
    notify(room === undefined ? `Channel ${name.trim()} is made` : `Channel ${name} is changed`);
    onDone();
  };
  return (
    <Ask
      title={room === undefined ? "New channel" : `Change channel ${room.room}`}
      action={room === undefined ? "Make it" : "Save"}
      isReady={name.trim() !== ""}
      onClose={onClose}
      onConfirm={save}
    >
      {room === undefined && (
        <Field
          label="Name"
          name="room"
          value={name}
          problem={null}
          hint="* stands for any text: staff:* is for all rooms that begin so"
          autoFocus
          onValue={setName}
        />
      )}
      <Switch
        label="Private"
        hint="One enters by a subscription token, a grant, or as one of the members"
        isOn={isPrivate}
        onChange={setPrivate}
      />
      <Switch
        label="Presence"
        hint="Who is in it sees who is there"
        isOn={hasPresence}
        onChange={setPresence}
      />
      <label class="form-line">
        Who may say something
        <select value={speakers} onChange={({ currentTarget }) => setSpeakers(currentTarget.value)}>
          {speakers === "list" && <option value="list">These users, as before</option>}
          {SPEAKERS.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
      </label>
      <label class="form-line">
        Most clients
        <input
          class="plain-field plain-field-short"
          inputMode="numeric"
          placeholder="no limit"
          value={most}
          onInput={({ currentTarget }) => setMost(currentTarget.value)}
        />
      </label>
      <label class="form-line">
        History
        <select value={kept} onChange={({ currentTarget }) => setKept(currentTarget.value)}>
          {HISTORIES.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
      </label>
      {kept === "own" && (
        <>
          <label class="form-line">
            Messages kept
            <input
              class="plain-field plain-field-short"
              inputMode="numeric"
              value={keptSize}
              onInput={({ currentTarget }) => setSize(currentTarget.value)}
            />
          </label>
          <label class="form-line">
            Seconds after the last one
            <input
              class="plain-field plain-field-short"
              inputMode="numeric"
              value={keptSeconds}
              onInput={({ currentTarget }) => setSeconds(currentTarget.value)}
            />
          </label>
          <Switch
            label="Survives a restart"
            hint="In Redis it always does"
            isOn={isPersistent}
            onChange={setPersistent}
          />
        </>
      )}
    </Ask>
  );
}
