/** What a conversation is, who is in it, and what one may do with it. */
import { useState } from "preact/hooks";
import type { ConversationInfo } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import { isMuted } from "../../state/chats.ts";
import type { State } from "../../state/store.ts";
import type { Thread } from "../../state/thread.ts";
import { dayName, lastSeen } from "../../../sdk/view/times.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Avatar, SignAvatar } from "../kit/Avatar.tsx";
import { Icon, type IconName } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { Switch } from "../kit/Switch.tsx";
import { Files } from "./Files.tsx";
import { GroupName } from "./GroupName.tsx";
import { Leaving } from "./Leaving.tsx";
import { Members } from "./Members.tsx";
import { devicesOf } from "./devices.ts";

interface ConversationDetailsProps {
  info: ConversationInfo;
  thread: Thread | null;
  state: State;
  me: Identity;
  onSearch: () => void;
  /** The user comes back from the list of all files. */
  isBack: boolean;
}

export function ConversationDetails(props: ConversationDetailsProps) {
  const { info, thread, state, me, onSearch, isBack } = props;
  const { session } = usePage();
  const [isRenaming, setRenaming] = useState(false);
  const muted = isMuted(info);
  const isGroup = info.kind === "group";
  return (
    <>
      <section class="details-hero">
        <HeroAvatar info={info} state={state} />
        {isRenaming ? <GroupName info={info} onDone={() => setRenaming(false)} /> : (
          <h3>
            <Name>{info.name}</Name>
            {isGroup && info.role !== "member" && (
              <button
                type="button"
                class="icon-button icon-button-small"
                aria-label="Rename the group"
                title="Rename the group"
                onClick={() => setRenaming(true)}
              >
                <Icon name="edit" small />
              </button>
            )}
          </h3>
        )}
        <p class="soft">{aboutOf(info, state)}</p>
        <div class="details-actions">
          <ActionButton icon="search" word="Search" onChoose={onSearch} />
          <ActionButton
            icon={muted ? "bell" : "mute"}
            word={muted ? "Unmute" : "Mute"}
            onChoose={() => void session.chats?.mute(info, !muted)}
          />
          <ActionButton
            icon="pin"
            word={info.pinned ? "Unpin" : "Pin"}
            onChoose={() => session.chats?.pin(info)}
          />
        </div>
      </section>
      {isGroup && <Members {...{ info, thread, state, me }} />}
      {!isGroup && <Partner info={info} state={state} />}
      <Files {...{ thread, state, me, isBack }} />
      <section class="details-part">
        <h3>This conversation</h3>
        <Switch
          label="Notify me"
          hint={muted ? "Muted: it is counted in grey, and nothing rings." : ""}
          isOn={!muted}
          onChange={(isOn) => session.chats?.mute(info, !isOn)}
        />
        <Switch
          label="Archived"
          isOn={info.archived}
          onChange={(isOn) => session.chats?.archive(info, isOn)}
        />
      </section>
      <Leaving info={info} state={state} members={thread?.members ?? []} me={me} />
    </>
  );
}

function HeroAvatar({ info, state }: { info: ConversationInfo; state: State }) {
  const { kind, name, picture } = info;
  if (kind === "group") return <SignAvatar icon="people" picture={picture} size="large" />;
  const userId = info.with?.userId ?? "";
  const status = state.presences.get(userId)?.status;
  return <Avatar {...{ userId, name, picture, status }} size="large" />;
}

function aboutOf(info: ConversationInfo, { presences }: State): string {
  if (info.kind === "group") {
    const made = dayName(info.createdAt).replace("Today", "today").replace(
      "Yesterday",
      "yesterday",
    );
    return `Group of ${info.membersCount} · made ${made}`;
  }
  const presence = presences.get(info.with?.userId ?? "");
  if (presence === undefined) return "Private conversation"; // nobody knows
  if (presence.status === "offline") {
    return presence.lastSeen === undefined ? "Offline" : lastSeen(presence.lastSeen);
  }
  return presence.status === "online" ? "Online" : "Away";
}

/** The other one of a private conversation. */
function Partner({ info, state }: { info: ConversationInfo; state: State }) {
  const userId = info.with?.userId ?? "";
  const devices = state.presences.get(userId)?.devices ?? [];
  return (
    <section class="details-part">
      <h3>About</h3>
      <p class="details-fact">
        <span>User id</span>
        <Name>{userId}</Name>
      </p>
      {devices.length > 0 && (
        <p class="details-fact">
          <span>Is here with</span>
          <span>
            {devicesOf(devices).map(({ icon, word }) => (
              <span key={word} class="device">
                <Icon name={icon} small /> {word}
              </span>
            ))}
          </span>
        </p>
      )}
      <p class="visually-hidden">{shownName(info.name)}</p>
    </section>
  );
}

function ActionButton(
  { icon, word, onChoose }: { icon: IconName; word: string; onChoose: () => void },
) {
  return (
    <button type="button" class="action-button" onClick={onChoose}>
      <Icon name={icon} />
      {word}
    </button>
  );
}
