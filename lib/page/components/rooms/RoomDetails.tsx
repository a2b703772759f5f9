/** What a room is, and who is there. */
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { RoomState } from "../../state/rooms.ts";
import { SignAvatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { People } from "./People.tsx";

interface RoomDetailsProps {
  room: RoomState;
  me: Identity;
  isOnline: boolean;
}

export function RoomDetails({ room, me, isOnline }: RoomDetailsProps) {
  const { session } = usePage();
  return (
    <>
      <section class="details-hero">
        <SignAvatar icon="hash" size="large" />
        <h3>
          <Name>{room.room}</Name>
        </h3>
        <p class="soft">Room</p>
      </section>
      <section class="details-part">
        <h3>People{room.userCount > 0 && ` · ${room.userCount}`}</h3>
        <People users={room.users} count={room.userCount} me={me} isOnline={isOnline} />
      </section>
      <section class="details-part">
        <button
          type="button"
          class="button button-quiet button-danger-quiet"
          onClick={() => session.closeRoom(room.room)}
        >
          <Icon name="signOut" small />
          Leave the room
        </button>
      </section>
    </>
  );
}
