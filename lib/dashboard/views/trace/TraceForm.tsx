/** Asks for the user or the room to follow. */
import { useState } from "preact/hooks";
import { Choice } from "../../kit/Choice.tsx";

const KINDS = [["user", "User"], ["room", "Room"]] as const;

interface TraceFormProps {
  user: string;
  room: string;
  onTrace: (asked: { user: string; room: string }) => void;
}

export function TraceForm({ user, room, onTrace }: TraceFormProps) {
  const [kind, setKind] = useState<"user" | "room">(room === "" ? "user" : "room");
  const [name, setName] = useState(room === "" ? user : room);
  return (
    <form
      class="card-form trace-form"
      onSubmit={(event) => {
        event.preventDefault();
        const asked = name.trim();
        onTrace(kind === "user" ? { user: asked, room: "" } : { user: "", room: asked });
      }}
    >
      <Choice label="What to follow" value={kind} options={KINDS} onValue={setKind} />
      <input
        class="plain-field"
        aria-label={kind === "user" ? "User" : "Room"}
        placeholder={kind === "user" ? "A user's id" : "A room's name"}
        value={name}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <button
        type="submit"
        class="button button-small button-primary"
        disabled={name.trim() === ""}
      >
        Follow
      </button>
    </form>
  );
}
