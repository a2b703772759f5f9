/** A conversation that the user is not in, or not any more. */
import type { ComponentChildren } from "preact";
import type { ConversationInfo } from "../../../sdk/mod.ts";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

interface NoAccessProps {
  info: ConversationInfo | undefined;
  banner: ComponentChildren;
}

export function NoAccess({ info, banner }: NoAccessProps) {
  return (
    <section class="conversation" aria-label="Conversation">
      <header class="conversation-head">
        <a class="icon-button back-button" href="#/" aria-label="Back to the chats">
          <Icon name="back" />
        </a>
        <div class="conversation-title">
          <h2 tabIndex={-1} id="conversation-name">
            <span class="cut">
              {info === undefined ? "Conversation" : <Name>{info.name}</Name>}
            </span>
          </h2>
          <p class="conversation-sub">You are not a member</p>
        </div>
      </header>
      {banner}
      <div class="nothing" data-testid="no-access">
        <span class="nothing-icon nothing-icon-bad">
          <Icon name="lock" />
        </span>
        <strong>You cannot open this conversation</strong>
        <p>You left it, somebody removed you, or it does not exist. What you wrote stays there.</p>
        <a class="button" href="#/">Back to the chats</a>
      </div>
    </section>
  );
}
