/** Who is typing, above the composer: it is seen while one reads older messages, and moves none of them. */
import type { User } from "../../../sdk/mod.ts";
import { typingSentence } from "../../state/chats.ts";
import { shownName } from "../../../sdk/view/text.ts";

export function TypingStrip({ people }: { people: readonly User[] }) {
  const named = people.map(({ userId, name }) => ({
    userId,
    name: `\u2068${shownName(name)}\u2069`,
  }));
  return (
    <div class="typing-strip" data-testid="typing" aria-hidden={people.length === 0}>
      {people.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span class="typing-words">{typingSentence(named).replace("…", "")}</span>
        </>
      )}
    </div>
  );
}
