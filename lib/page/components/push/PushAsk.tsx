/**
 * Asks whether this browser is to show notifications while no page is open. It does so once somebody has seen one, above the list
 * and not over it, and never again where they said no.
 */
import { useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import { Icon } from "../kit/Icon.tsx";
import { usePushState } from "./use_push.ts";

const KEY = "notifyli.push_asked";

export function PushAsk() {
  const { session, storage } = usePage();
  const state = usePushState();
  const [isAsked, setAsked] = useState(storage.getItem(KEY) !== null);
  const [problem, setProblem] = useState("");
  if (state.kind !== "off" || isAsked) return null;
  const done = () => {
    storage.setItem(KEY, "true");
    setAsked(true);
  };
  const turnOn = async () => {
    try {
      await session.push?.turnOn();
      done();
    } catch (error) {
      setProblem(`Not turned on: ${error instanceof Error ? error.message : error}`);
    }
  };
  return (
    <section class="push-ask" aria-label="Notifications while this page is closed">
      <Icon name="bell" />
      <div>
        <p>Get these on this device, too, while this page is closed?</p>
        {problem !== "" && <p class="push-problem" role="alert">{problem}</p>}
        <div class="push-ask-buttons">
          <button type="button" class="button button-small button-primary" onClick={turnOn}>
            Turn on
          </button>
          <button type="button" class="button button-small button-quiet" onClick={done}>
            Not now
          </button>
        </div>
      </div>
    </section>
  );
}
