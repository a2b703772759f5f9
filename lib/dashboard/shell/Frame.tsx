/** What is shown while it is asked whose the session is: the frame of the workspace, with nothing in it yet. */
import { Logo } from "../../page/components/kit/Logo.tsx";
import { Skeleton } from "../kit/States.tsx";

export function Frame() {
  return (
    <div class="workspace">
      <div class="side-menu">
        <div class="side-menu-body">
          <div class="side-menu-head">
            <div class="brand">
              <Logo />
              <span class="brand-name">notifyli</span>
            </div>
          </div>
        </div>
      </div>
      <div class="pane">
        <header class="top-bar" />
        <main class="view">
          <div class="grid">
            <div class="card card-12">
              <Skeleton />
            </div>
          </div>
        </main>
      </div>
    </div>
  );
}
