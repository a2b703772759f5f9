/** The dashboard: a sign-in until somebody has a session, then the workspace with its views. */
import { useEffect, useState } from "preact/hooks";
import { type Api, reasonOf } from "../api/api.ts";
import type { Session } from "../api/shapes.ts";
import { Failure } from "../kit/States.tsx";
import { Frame } from "./Frame.tsx";
import { SignIn } from "./SignIn.tsx";
import { Workspace } from "./Workspace.tsx";

type State =
  | { readonly kind: "asking" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "signedOut"; readonly reason: string }
  | { readonly kind: "signedIn"; readonly session: Session };

export function App({ api }: { api: Api }) {
  const [state, setState] = useState<State>({ kind: "asking" });

  const ask = () =>
    api.session().then(
      ({ session, reason = "" }) =>
        setState(session === null ? { kind: "signedOut", reason } : { kind: "signedIn", session }),
      (error) => setState({ kind: "failed", reason: reasonOf(error) }),
    );
  const signIn = async (key: string) => {
    const { session } = await api.signIn(key);
    if (session !== null) setState({ kind: "signedIn", session });
  };
  useEffect(() => {
    api.onEnded = (reason) => setState({ kind: "signedOut", reason });
    void ask();
  }, [api]);

  switch (state.kind) {
    case "asking":
      return <Frame />;
    case "failed":
      return (
        <main class="sign-in">
          <Failure error={state.reason} onRetry={() => void ask()} />
        </main>
      );
    case "signedOut":
      return <SignIn reason={state.reason} onKey={signIn} />;
    case "signedIn":
      return (
        <Workspace
          key={state.session.who}
          api={api}
          session={state.session}
          signInWith={signIn}
          onSignOut={async () => {
            await api.signOut();
            await ask();
          }}
        />
      );
  }
}
