/** What others see of the user: each switch says what one gives up with it. Where the server refuses, it goes back. */
import { useEffect, useState } from "preact/hooks";
import type { PrivacySettings } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { Switch } from "../kit/Switch.tsx";

const WORDS: Record<keyof PrivacySettings, { label: string; hint: string }> = {
  readReceipts: { label: "Read receipts", hint: "Off: you do not see those of others, either." },
  showOnline: { label: "Show that I am online", hint: "" },
  showLastSeen: { label: "Show when I was last here", hint: "" },
};
const NAMES = Object.keys(WORDS) as (keyof PrivacySettings)[];

export function PrivacySwitches() {
  const { session } = usePage();
  const [settings, setSettings] = useState<PrivacySettings | undefined>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    session.chats?.privacy().then(setSettings, () => {}); // without an answer there are no switches
  }, []);
  if (settings === undefined) return null;
  const change = async (name: keyof PrivacySettings, isOn: boolean) => {
    try {
      const saved = await session.chats?.privacy({ [name]: isOn });
      // Only this one: another may have been turned before the answer came.
      setSettings((now) => now && { ...now, [name]: saved?.[name] ?? isOn });
      setProblem("");
    } catch (error) {
      setProblem(`Not saved: ${error instanceof Error ? error.message : error}`);
      throw error; // so the switch goes back
    }
  };
  return (
    <fieldset class="switches">
      <legend>Privacy</legend>
      {NAMES.map((name) => (
        <Switch
          key={name}
          label={WORDS[name].label}
          hint={WORDS[name].hint}
          isOn={settings[name]}
          onChange={(isOn) => change(name, isOn)}
        />
      ))}
      {problem !== "" && <p class="switches-problem" role="alert">{problem}</p>}
    </fieldset>
  );
}
