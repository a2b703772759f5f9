/** What the user wants of notifications: which kinds come by which ways, and when none of them asks for attention. */
import { useState } from "preact/hooks";
import type { UserPreferences } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { ChangePreferences } from "../../session/preference_feed.ts";
import { comingTime } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";
import { Modal } from "../kit/Modal.tsx";
import { PushSettings } from "../push/PushSettings.tsx";
import { KindTable } from "./KindTable.tsx";
import { QuietHours } from "./QuietHours.tsx";

interface PreferencesDialogProps {
  preferences: UserPreferences | null;
  onClose: () => void;
}

export function PreferencesDialog({ preferences, onClose }: PreferencesDialogProps) {
  const { session } = usePage();
  /** It is another one each time, so that all fields show again what is. */
  const [{ problem }, setProblem] = useState({ problem: "" });
  const change: ChangePreferences = async (change) => {
    try {
      await session.preferences?.change(change);
      setProblem({ problem: "" });
    } catch (error) {
      setProblem({ problem: `Not saved: ${error instanceof Error ? error.message : error}` });
      throw error; // so what was turned goes back
    }
  };
  return (
    <Modal title="Preferences" class="modal-center preferences" onClose={onClose}>
      {preferences === null
        ? <p class="muted notifications-unknown">Not known until connected.</p>
        : (
          <>
            {problem !== "" && (
              <p class="preferences-problem" role="alert">
                <Icon name="alert" small />
                {problem}
              </p>
            )}
            <KindTable preferences={preferences} onChange={change} />
            <Mute preferences={preferences} onChange={change} />
            <QuietHours preferences={preferences} onChange={change} />
            <PushSettings />
          </>
        )}
    </Modal>
  );
}

interface PartProps {
  preferences: UserPreferences;
  onChange: ChangePreferences;
}

const MUTES = [["1h", "For 1 hour"], ["8h", "For 8 hours"], [
  "tomorrow 9:00",
  "Until tomorrow 9:00",
], [
  "7d",
  "For a week",
]] as const;

function Mute({ preferences: { effective, muteUntil = 0 }, onChange }: PartProps) {
  const until = new Date(muteUntil * 1000);
  return (
    <div class="preference-line">
      <label for="mute-until">
        Mute all
        <small>
          {effective.muted
            ? `Nothing asks for attention until ${comingTime(until)}`
            : "What comes meanwhile is in the list"}
        </small>
      </label>
      <select
        id="mute-until"
        value=""
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          currentTarget.value = "";
          onChange({ muteUntil: value === "off" ? null : value }).catch(() => {});
        }}
      >
        <option value="">{effective.muted ? "Muted" : "Not muted"}</option>
        {effective.muted && <option value="off">Unmute</option>}
        {MUTES.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
      </select>
    </div>
  );
}
