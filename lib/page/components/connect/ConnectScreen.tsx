/** The first screen: what notifyli is, in one look, beside the form that asks who you are. */
import { serverAddress } from "../../address.ts";
import type { ConnectAnswers } from "../../session/identity.ts";
import type { ThemeControl } from "../../theme.ts";
import { ConnectForm } from "./ConnectForm.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Logo } from "../kit/Logo.tsx";
import { OpenModeNote } from "./OpenModeNote.tsx";
import { ThemeSwitch } from "../kit/ThemeSwitch.tsx";

interface ConnectScreenProps {
  answers: ConnectAnswers;
  isOpenMode: boolean;
  needsToken: boolean;
  theme: ThemeControl;
  onConnect: (answers: ConnectAnswers) => void;
}

export function ConnectScreen(
  { answers, isOpenMode, needsToken, theme, onConnect }: ConnectScreenProps,
) {
  return (
    <div class="connect">
      <Hero />
      <main class="connect-main" id="main">
        <div class="connect-card">
          <h2>Join the conversation</h2>
          <ConnectForm answers={answers} needsToken={needsToken} onConnect={onConnect} />
          {isOpenMode && <OpenModeNote />}
        </div>
        <ThemeSwitch {...theme} />
      </main>
    </div>
  );
}

function Hero() {
  return (
    <header class="hero">
      <div class="brand">
        <Logo />
        <span class="brand-name">notifyli</span>
      </div>
      <div class="hero-body">
        <h1>Realtime messages and notifications, from your own server.</h1>
        <p>Talk in rooms, and reach any user with one line from any system.</p>
        <Demonstration />
      </div>
      <p class="hero-foot">Self-hosted. One file. Delivered in milliseconds.</p>
    </header>
  );
}

/** A picture of the product at work; it says nothing that the words beside it do not. */
function Demonstration() {
  return (
    <div class="demo" aria-hidden="true">
      <div class="demo-line">
        <span class="demo-prompt">$</span>
        <code>
          curl -d <em>"Your order has shipped"</em> {serverAddress()}api/users/123/notifications
        </code>
      </div>
      <div class="demo-toast">
        <span class="toast-icon">
          <Icon name="bell" />
        </span>
        <span class="demo-toast-text">
          <strong>OrderSystem</strong>
          <span>Your order has shipped</span>
        </span>
        <span class="demo-time">now</span>
      </div>
    </div>
  );
}
