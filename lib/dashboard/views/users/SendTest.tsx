/** Sends a user a test: into the inbox as any notification, or by push alone. */
import { useState } from "preact/hooks";
import { Field } from "../../../page/components/kit/Field.tsx";
import { part } from "../../api/api.ts";
import { Ask } from "../../kit/Ask.tsx";
import { Choice } from "../../kit/Choice.tsx";
import { useDashboard } from "../../state/context.ts";
import { plural } from "../../state/format.ts";
import { go } from "../../state/route.ts";

interface SendTestProps {
  user: string;
  onClose: () => void;
  onDone: () => void;
}

interface Pushed {
  readonly pushes: readonly { readonly result: string; readonly why?: string }[];
}

const WAYS = [["inbox", "To the inbox"], ["push", "Push alone"]] as const;

export function SendTest({ user, onClose, onDone }: SendTestProps) {
  const { api, notify } = useDashboard();
  const [way, setWay] = useState<"inbox" | "push">("inbox");
  const [text, setText] = useState("A test from the dashboard");
  const send = async () => {
    if (way === "push") {
      const { pushes } = await api.send<Pushed>("POST", "/push/test", { user_id: user });
      if (pushes.length === 0) throw new Error("The user has no device that pushes go to");
      const sent = pushes.filter(({ result }) => result === "sent").length;
      notify(`Pushed to ${sent} of ${plural(pushes.length, "device")}`);
      return onDone();
    }
    const { id } = await api.send<{ id: string }>(
      "POST",
      `/users/${part(user)}/notifications`,
      { message: text },
    );
    notify(`The test is on its way to user ${user}`);
    go(["notifications", id], { user });
  };
  return (
    <Ask title={`Send user ${user} a test`} action="Send" onClose={onClose} onConfirm={send}>
      <Choice label="Way" value={way} options={WAYS} onValue={setWay} />
      {way === "inbox"
        ? (
          <Field
            label="Message"
            name="message"
            value={text}
            problem={null}
            hint="It comes as any notification would"
            onValue={setText}
          />
        )
        : <p>Every device of the user gets one push. Nothing is put into the inbox.</p>}
    </Ask>
  );
}
