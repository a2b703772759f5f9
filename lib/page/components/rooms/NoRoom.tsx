/** What is shown when every tab is closed. Notifications still arrive. */
import { AddRoomForm } from "./AddRoom.tsx";

export function NoRoom() {
  return (
    <div class="no-room">
      <h2>No room is open</h2>
      <p class="muted">Notifications still reach you. Join a room to talk.</p>
      <AddRoomForm onDone={() => {}} />
    </div>
  );
}
