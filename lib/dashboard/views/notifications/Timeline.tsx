/** The steps in a row, each with its time and how long it took since the one before. "Why not" is never cut. */
import { Icon } from "../../../page/components/kit/Icon.tsx";
import type { Step } from "../../api/shapes.ts";
import { exact, milliseconds, when } from "../../state/format.ts";
import { useNodeNames } from "../../state/node_names.ts";
import { faceOf } from "./steps.ts";

export function Timeline({ steps }: { steps: readonly Step[] }) {
  const nodeName = useNodeNames();
  return (
    <ol class="timeline">
      {steps.map((step, index) => {
        const { word, way, icon } = faceOf(step);
        const before = steps.slice(0, index).findLast(({ at }) => at !== undefined)?.at;
        return (
          <li key={`${step.step} ${index}`} class={`step step-${way}`}>
            <span class="step-sign">
              <Icon name={icon} small />
            </span>
            <div class="step-text">
              <b>{word}</b>
              <p>{aboutOf(step, nodeName)}</p>
              {step.why_not !== undefined && <p class="why-not">{`Why not: ${step.why_not}`}</p>}
            </div>
            {step.at !== undefined && (
              <time class="step-time" dateTime={new Date(step.at * 1000).toISOString()}>
                {exact(step.at)}
                <small>
                  {before === undefined
                    ? when(step.at)
                    : `+${milliseconds(Math.max(0, (step.at - before) * 1000))}`}
                </small>
              </time>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function aboutOf(
  { node, connection, device, way }: Step,
  nodeName: (id: string) => string,
): string {
  return [
    way !== undefined && `by ${way}`,
    connection !== undefined && `connection ${connection}`,
    device !== undefined && `device ${device}`,
    node !== undefined && `on ${nodeName(node)}`,
  ].filter(Boolean).join(" · ");
}
