/** What may be done about a user: send a test, disconnect, block. */
import { useState } from "preact/hooks";
import { Icon } from "../../../page/components/kit/Icon.tsx";
import { part } from "../../api/api.ts";
import type { UserPage } from "../../api/shapes.ts";
import { Ask } from "../../kit/Ask.tsx";
import { useDashboard } from "../../state/context.ts";
import { href } from "../../state/place.ts";
import { SendTest } from "./SendTest.tsx";

interface UserActionsProps {
  user: string;
  page: UserPage;
  onDone: () => void;
}

const FOR = [["", "For good"], ["3600", "1 hour"], ["86400", "24 hours"], [
  "604800",
  "7 days",
]] as const;

export function UserActions({ user, page, onDone }: UserActionsProps) {
  const { api, notify } = useDashboard();
  const [asked, setAsked] = useState<"test" | "disconnect" | "block" | "unblock" | undefined>();
  const [seconds, setSeconds] = useState("");
  const close = () => setAsked(undefined);
  const act = async (action: string, body: object, done: string) => {
    await api.send("POST", `/users/${part(user)}/${action}`, body);
    notify(done);
    onDone();
  };
  return (
    <div class="user-actions">
      <button type="button" class="button button-small" onClick={() => setAsked("test")}>
        <Icon name="bell" small />
        Send a test
      </button>
      <a class="button button-small" href={href(["trace"], { user })}>
        <Icon name="search" small />
        Trace
      </a>
      <button
        type="button"
        class="button button-small"
        disabled={!page.online}
        onClick={() => setAsked("disconnect")}
      >
        Disconnect…
      </button>
      {page.blocked === undefined
        ? (
          <button
            type="button"
            class="button button-small button-danger-quiet"
            onClick={() => setAsked("block")}
          >
            Block…
          </button>
        )
        : (
          <button type="button" class="button button-small" onClick={() => setAsked("unblock")}>
            Unblock…
          </button>
        )}
      {asked === "test" && <SendTest user={user} onClose={close} onDone={onDone} />}
      {asked === "disconnect" && (
        <Ask
          title={`Disconnect user ${user}?`}
          action="Disconnect"
          isDangerous
          onClose={close}
          onConfirm={() => act("disconnect", {}, `User ${user} was disconnected`)}
        >
          <p>
            All connections of this user are closed on all nodes. Clients may come back: a block
            keeps them out.
          </p>
        </Ask>
      )}
      {asked === "unblock" && (
        <Ask
          title={`Unblock user ${user}?`}
          action="Unblock"
          onClose={close}
          onConfirm={() => act("unblock", {}, `User ${user} may connect again`)}
        >
          <p>The user may connect again at once.</p>
        </Ask>
      )}
      {asked === "block" && (
        <Ask
          title={`Block user ${user}?`}
          action="Block"
          isDangerous
          onClose={close}
          onConfirm={() =>
            act(
              "block",
              seconds === "" ? {} : { seconds: Number(seconds) },
              `User ${user} is blocked`,
            )}
        >
          <p>All connections of this user are closed, and new ones are refused.</p>
          <label class="form-line">
            For how long
            <select
              value={seconds}
              onChange={({ currentTarget }) => setSeconds(currentTarget.value)}
            >
              {FOR.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
            </select>
          </label>
        </Ask>
      )}
    </div>
  );
}
