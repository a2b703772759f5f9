/** One conversation: its head, the messages, who is typing, and the composer. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ConversationInfo } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { hasPointer } from "../../layout.ts";
import type { Identity } from "../../session/identity.ts";
import { isBlocked } from "../../state/chats.ts";
import { conversationDraft } from "../../state/drafts.ts";
import type { State } from "../../state/store.ts";
import type { ShownMessage, Thread } from "../../state/thread.ts";
import { threadRows } from "../../state/timeline.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Actions, type MessageActions } from "../chat/actions.ts";
import { ChatLog } from "../chat/ChatLog.tsx";
import { Composer } from "../chat/Composer.tsx";
import { useDraftBox } from "../chat/draft_box.ts";
import { TypingStrip } from "../chat/TypingStrip.tsx";
import { wordsOfKind } from "../chat/words.ts";
import { DropTarget, useFileDrop } from "../files/DropTarget.tsx";
import { usePaste } from "../files/paste.ts";
import { UploadAnnouncer } from "../files/UploadAnnouncer.tsx";
import { useGallery } from "../files/use_gallery.tsx";
import { Confirm } from "../kit/Confirm.tsx";
import { ConversationHead } from "./ConversationHead.tsx";
import { EmptyConversation } from "./EmptyConversation.tsx";
import { MessageSkeletons } from "./MessageSkeletons.tsx";
import { NoAccess } from "./NoAccess.tsx";
import { Blocked } from "./Blocked.tsx";
import { hasSingleKeys } from "../shell/shortcuts.ts";
import { namesOf } from "./names_of.ts";
import { Receipts } from "./Receipts.tsx";

interface ConversationPanelProps {
  id: number;
  info: ConversationInfo | undefined;
  thread: Thread | null;
  state: State;
  me: Identity;
  banner: ComponentChildren;
  onSearch: () => void;
}

/** How long a message may be, in characters. */
const TEXT_LIMIT = 5_000;

export function ConversationPanel(props: ConversationPanelProps) {
  const { id, info, thread, state, me, banner } = props;
  const { session, storage } = usePage();
  const box = useDraftBox(conversationDraft(id), state.drafts.get(conversationDraft(id)));
  const [target, setTarget] = useState<{ key: string } | undefined>();
  const [unsending, setUnsending] = useState<ShownMessage | null>(null);
  const [seenOf, setSeenOf] = useState<ShownMessage | null>(null);
  const isOnline = state.connection.kind === "online";
  const open = session.chats?.thread;
  const name = info?.name ?? "";

  const jump = async (message: number) => {
    if (!await open?.jumpTo(message)) return;
    const key = open?.open.messages.find((each) => each.id === message)?.key;
    if (key !== undefined) setTarget({ key });
  };
  const asked = state.place.kind === "conversation" ? state.place.message : undefined;
  useEffect(() => {
    if (asked !== undefined) jump(asked);
  }, [asked, id]);

  const other = info?.with?.userId ?? "";
  useEffect(() => {
    if (other !== "") session.chats?.loadContacts(); // they say whether one has blocked the other
  }, [other]);
  const blockedName = isBlocked(state.contacts, other) ? name : undefined;
  const members = thread?.members;
  const isGroup = info?.kind === "group";
  const names = useMemo(() => namesOf(members, info, state.contacts, me), [
    members,
    info?.with,
    state.contacts,
  ]);
  const rows = useMemo(
    () => thread === null ? [] : threadRows(thread, me.user_id),
    [thread?.messages, thread?.news, me.user_id],
  );
  const tray = session.chats?.trayOf(id);
  const limits = state.config.files;
  const gallery = useGallery(
    () => rows.flatMap((row) => row.kind === "message" ? [row.message] : []),
    () => open?.loadBefore(),
  );
  const actions = useMemo((): MessageActions => ({
    ...{ isGroup, isOnline, jump },
    me: me.user_id,
    hasKeys: () => hasSingleKeys(storage),
    nameOf: (userId) => names.get(userId) ?? `User ${userId}`,
    people: (members ?? []).filter(({ userId }) => userId !== me.user_id),
    retry: ({ source }) => source && open?.retry(source),
    discard: ({ source }) => source && open?.discard(source),
    rewrite(message) {
      const { blob } = message.file ?? {};
      if (blob instanceof File) tray?.add([blob], limits);
      if (message.source !== undefined) open?.discard(message.source);
      box.write({ ...box.draft, text: message.text });
      box.onFocus();
    },
    reply: (message) =>
      box.reply(message.userId === me.user_id ? { ...message, name: "yourself" } : message),
    edit: (message) => box.edit(message),
    unsend: setUnsending,
    openPhoto: gallery.open,
    react: ({ source }, emoji, isOn) => source && open?.react(source, emoji, isOn),
    showReceipts: setSeenOf,
  }), [isGroup, isOnline, names, members, open, box, tray, limits, me.user_id]);

  const takesFiles = blockedName === undefined && thread?.state !== "gone";
  const attach = (files: readonly File[]) => {
    if (box.draft.editing !== undefined) box.release(); // a file is not a change of what was said
    tray?.add(files, limits);
    if (hasPointer()) box.onFocus();
  };
  usePaste({ isOn: takesFiles, onPaste: attach });
  const drop = useFileDrop({
    isOn: takesFiles,
    onDrop({ files, hasFolders }) {
      attach(files);
      if (hasFolders) tray?.refuse("Folders cannot be sent, only the files in them.");
    },
  });
  if (thread?.state === "gone") return <NoAccess info={info} banner={banner} />;
  const isLoading = thread === null || thread.state === "loading";
  const editLast = () => {
    const last = rows.findLast((row) =>
      row.kind === "message" && row.isOwn && row.message.id > 0 && !row.message.isDeleted
    );
    if (last?.kind === "message") box.edit(last.message);
  };
  return (
    <section
      class="conversation"
      aria-label={`Conversation with ${shownName(name)}`}
      {...drop.handlers}
    >
      <ConversationHead {...{ info, thread, state, me }} onSearch={props.onSearch} />
      {banner}
      <Actions.Provider value={actions}>
        <ChatLog
          label={`Messages with ${shownName(name)}`}
          rows={rows}
          target={target}
          hasAfter={thread?.hasAfter}
          unseen={info?.unread}
          empty={isLoading ? <MessageSkeletons /> : <EmptyConversation info={info} />}
          onNear={(end) => end === "before" ? open?.loadBefore() : open?.loadAfter()}
          onLatest={() => open?.latest()}
          onSeen={(offset) => open?.seen(offset)}
        />
        <div class="composer-area">
          <TypingStrip people={thread?.typing ?? []} />
          {blockedName !== undefined ? <Blocked name={blockedName} userId={other} /> : (
            <Composer
              key={id}
              to={shownName(name)}
              box={box}
              limit={TEXT_LIMIT}
              limits={limits}
              tray={tray}
              isOnline={isOnline}
              people={isGroup ? actions.people : []}
              onEditLast={editLast}
              onTyping={(isTyping) => open?.typing(isTyping)}
              onSay={(draft, files) => {
                open?.say(draft, files, (refused) => {
                  const { text, replyTo, editing } = box.draft;
                  if (text === "" && replyTo === undefined && editing === undefined) {
                    box.write(refused);
                  }
                });
                return open !== undefined;
              }}
            />
          )}
        </div>
      </Actions.Provider>
      <UploadAnnouncer rows={rows} />
      {drop.isOver && <DropTarget to={shownName(name)} />}
      {gallery.element}
      {unsending !== null && (
        <Confirm
          title="Delete this message?"
          text={`“${
            wordsOfKind(unsending).slice(0, 120)
          }” is deleted for everyone. They see that a message was here.`}
          action="Delete for everyone"
          onConfirm={() => unsending.source && open?.unsend(unsending.source)}
          onClose={() => setUnsending(null)}
        />
      )}
      {seenOf?.source !== undefined && (
        <Receipts
          asking={() => open?.receipts(seenOf.source!)}
          onClose={() => setSeenOf(null)}
        />
      )}
    </section>
  );
}
