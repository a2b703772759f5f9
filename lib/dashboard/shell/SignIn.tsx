/** Asks for an API key that may manage. The key goes to the server once, which gives the browser a session for it. */
import { useState } from "preact/hooks";
import { CopyLine } from "../../page/components/kit/CopyLine.tsx";
import { Field } from "../../page/components/kit/Field.tsx";
import { Logo } from "../../page/components/kit/Logo.tsx";
import { reasonOf } from "../api/api.ts";

const MAKES_A_KEY = "notifyli key create --name dashboard --scope manage,read,publish";

interface SignInProps {
  reason: string;
  onKey: (key: string) => Promise<void>;
}

export function SignIn({ reason, onKey }: SignInProps) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onKey(key.trim());
    } catch (error) {
      setProblem(reasonOf(error));
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <form
        class="card form sign-in-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div class="brand">
          <Logo />
          <span class="brand-name">notifyli</span>
        </div>
        <h1>Operations</h1>
        {reason !== "" && <p class="muted sign-in-reason">{`${capital(reason)}.`}</p>}
        <Field
          label="API key"
          name="key"
          value={key}
          problem={problem}
          hint="It needs the scope 'manage'"
          isSecret
          autoFocus
          autoComplete="current-password"
          onValue={setKey}
        />
        <button type="submit" class="button button-primary button-wide" disabled={isBusy}>
          Sign in
        </button>
        <p class="muted">On the server this makes a key:</p>
        <CopyLine label="command" line={MAKES_A_KEY} />
      </form>
    </main>
  );
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`.replace(/\.$/, "");
}
