/** Whether this browser shows notifications while no page is open, and the user's other devices that do. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PushState, RegisteredDevice } from "../../../sdk/mod.ts";
import { listTime } from "../../../sdk/view/times.ts";
import { usePage } from "../../context.ts";
import { Icon, type IconName } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { Switch } from "../kit/Switch.tsx";
import { usePushState } from "./use_push.ts";

export function PushSettings() {
  const { session } = usePage();
  const state = usePushState();
  const [devices, setDevices] = useState<readonly RegisteredDevice[]>([]);
  const [problem, setProblem] = useState("");
  const own = state.kind === "on" ? state.device : undefined;
  const load = () => session.push?.devices().then(setDevices, () => {}); // as long as nobody knows, none is shown
  const section = useRef<HTMLElement>(null);
  const isSeen = useSeen(section);
  useEffect(() => void (isSeen && load()), [own, isSeen]);
  const doing = async (words: string, work: () => Promise<unknown> | undefined) => {
    try {
      await work();
      setProblem("");
    } catch (error) {
      setProblem(`${words}: ${error instanceof Error ? error.message : error}`);
      throw error; // so the switch goes back
    }
  };
  if (session.push === undefined) return null;
  return (
    <section ref={section} class="push" aria-labelledby="push-title">
      <h3 id="push-title">While this page is closed</h3>
      {state.kind === "unsupported" || state.kind === "denied"
        ? (
          <p class="push-why">
            <Icon name={state.kind === "denied" ? "block" : "info"} small />
            {whyNot(state)}
          </p>
        )
        : (
          <Switch
            label="Show notifications on this device"
            hint={state.kind === "unknown" ? "Not known until connected" : ""}
            isOn={state.kind === "on"}
            onChange={(isOn) =>
              isOn
                ? doing("Not turned on", () => session.push?.turnOn())
                : doing("Not turned off", () => session.push?.turnOff())}
          />
        )}
      {problem !== "" && <p class="push-problem" role="alert">{problem}</p>}
      {devices.length > 0 && (
        <ul class="push-devices" aria-label="Devices that show notifications">
          {devices.map((device) => (
            <Device
              key={device.id}
              device={device}
              isOwn={device.id === own}
              onRemove={() =>
                doing("Not removed", () => session.push?.remove(device.id)).then(load, () => {})}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Whether an element has ever been in view. */
function useSeen(element: { current: Element | null }): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (isSeen || element.current === null) return;
    const observer = new IntersectionObserver((entries) =>
      setSeen(entries.some(({ isIntersecting }) => isIntersecting))
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [isSeen]);
  return isSeen;
}

interface DeviceProps {
  device: RegisteredDevice;
  isOwn: boolean;
  onRemove: () => void;
}

function Device({ device, isOwn, onRemove }: DeviceProps) {
  const { provider, platform = PROVIDERS[provider], seenAt, last } = device;
  const isFailing = last !== undefined && last.result !== "taken";
  return (
    <li class="push-device">
      <Icon name={isPhone(platform) ? "phone" : ICONS[provider]} />
      <span class="push-device-text">
        <Name>{platform}</Name>
        <small>
          {isOwn ? "This device" : `Seen ${listTime(seenAt)}`}
          {isFailing && <span class="push-failing">· The last one did not arrive</span>}
        </small>
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={`Remove ${platform}`}
        title="Remove"
        onClick={onRemove}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

const PROVIDERS: Readonly<Record<RegisteredDevice["provider"], string>> = {
  web_push: "A browser",
  fcm: "An Android app",
  apns: "An Apple app",
  ntfy: "ntfy",
  mail: "Mail",
};

const ICONS: Readonly<Record<RegisteredDevice["provider"], IconName>> = {
  web_push: "desk",
  fcm: "phone",
  apns: "phone",
  ntfy: "bell",
  mail: "send",
};

function isPhone(platform: string): boolean {
  return /Android|iOS|iPhone/.test(platform);
}

function whyNot(state: PushState & { kind: "unsupported" | "denied" }): string {
  if (state.kind === "denied") {
    return "Your browser blocks notifications of this site. Allow them in its settings for this " +
      "site, beside the address.";
  }
  switch (state.why) {
    case "insecure":
      return "Browsers show notifications of pages alone that come by https.";
    case "not_installed":
      return "Put this page on your home screen first: Share, then “Add to Home Screen”.";
    case "browser":
      return "This browser shows no notifications of pages that are closed.";
  }
}
