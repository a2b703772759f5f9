/** Puts a notification off: for one of four times, each said beside, or for a day and time of the user's choice. */
import { useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { fieldTime, snoozeChoices } from "../../../sdk/view/snooze_times.ts";
import type { Entry } from "../../../sdk/view/entries.ts";
import { comingTime } from "../../../sdk/view/times.ts";
import { Icon } from "../kit/Icon.tsx";
import { Menu, type MenuItem } from "../kit/Menu.tsx";
import { Modal } from "../kit/Modal.tsx";

/** A server takes no time that is further ahead. */
const LONGEST_MS = 366 * 86_400_000;

interface SnoozeButtonProps {
  entry: Entry;
  /** What is put off, in words. */
  what: string;
  /** Is called before it is gone. */
  onSnooze: (button: Element | null) => void;
}

export function SnoozeButton({ entry, what, onSnooze }: SnoozeButtonProps) {
  const { session } = usePage();
  const [now, setNow] = useState(() => new Date());
  const [isChoosing, setChoosing] = useState(false);
  const snooze = (until: Date) => {
    onSnooze(document.activeElement);
    session.notifications?.snooze(entry, until);
  };
  const choices: MenuItem[] = snoozeChoices(now).map(({ label, icon, until }) => ({
    ...{ label, icon },
    hint: comingTime(until, now),
    choose: () => snooze(until),
  }));
  return (
    <>
      <Menu
        label={`Snooze ${what}`}
        button={<Icon name="clock" />}
        onOpenChange={(isOpen) => isOpen && setNow(new Date())}
        items={[
          ...choices,
          { label: "Choose day and time", icon: "edit", choose: () => setChoosing(true) },
        ]}
      />
      {isChoosing && (
        <Modal
          title="Remind me"
          class="modal-center"
          onClose={() => setChoosing(false)}
        >
          <ChooseTime
            onChosen={(until) => {
              setChoosing(false);
              snooze(until);
            }}
          />
        </Modal>
      )}
    </>
  );
}

function ChooseTime({ onChosen }: { onChosen: (until: Date) => void }) {
  const [value, setValue] = useState(() => fieldTime(new Date(Date.now() + 86_400_000)));
  const until = new Date(value);
  const isLater = until.getTime() > Date.now() && until.getTime() < Date.now() + LONGEST_MS;
  return (
    <form
      class="form snooze-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isLater) onChosen(until);
      }}
    >
      <div class="field">
        <label for="snooze-until">Day and time</label>
        <input
          id="snooze-until"
          type="datetime-local"
          value={value}
          required
          min={fieldTime(new Date())}
          max={fieldTime(new Date(Date.now() + LONGEST_MS))}
          aria-invalid={!isLater}
          aria-describedby="snooze-about"
          onInput={({ currentTarget }) => setValue(currentTarget.value)}
        />
        <p id="snooze-about" class={isLater ? "field-hint" : "field-problem"}>
          {isLater ? `It comes back ${comingTime(until)}.` : "Choose a time within a year."}
        </p>
      </div>
      <button type="submit" class="button button-primary button-wide" disabled={!isLater}>
        Snooze
      </button>
    </form>
  );
}
