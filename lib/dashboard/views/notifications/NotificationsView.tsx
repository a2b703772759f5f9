/** Finds a notification by its id, and shows every step that it has made. */
import { useState } from "preact/hooks";
import { Field } from "../../../page/components/kit/Field.tsx";
import { Card } from "../../kit/Card.tsx";
import type { Route } from "../../state/place.ts";
import { go } from "../../state/route.ts";
import { NotificationPage } from "./NotificationPage.tsx";

export function NotificationsView({ route }: { route: Route }) {
  const [, id] = route.path;
  const user = route.query.get("user") ?? undefined;
  return id === undefined ? <FindNotification /> : <NotificationPage id={id} user={user} />;
}

function FindNotification() {
  const [id, setId] = useState("");
  const [user, setUser] = useState("");
  return (
    <div class="grid">
      <Card title="Find a notification" width={6}>
        <form
          class="form card-form"
          onSubmit={(event) => {
            event.preventDefault();
            go(["notifications", id.trim()], user.trim() === "" ? {} : { user: user.trim() });
          }}
        >
          <Field
            label="Notification"
            name="id"
            value={id}
            problem={null}
            hint="The id that the answer to the one who sent it has"
            onValue={setId}
          />
          <label class="form-line">
            User, where it was for many
            <input
              class="plain-field"
              value={user}
              spellcheck={false}
              autocomplete="off"
              onInput={({ currentTarget }) => setUser(currentTarget.value)}
            />
          </label>
          <button type="submit" class="button button-primary" disabled={id.trim() === ""}>
            Show its steps
          </button>
        </form>
      </Card>
    </div>
  );
}
