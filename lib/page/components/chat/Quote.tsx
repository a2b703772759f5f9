/** The message that another one answers; choosing it goes there. */
import type { QuotedMessage } from "../../../sdk/mod.ts";
import { Name } from "../kit/Name.tsx";
import type { MessageActions } from "./actions.ts";
import { wordsOfKind } from "./words.ts";

interface QuoteProps {
  quote: QuotedMessage;
  actions: MessageActions;
  isStop: boolean;
}

export function Quote({ quote, actions, isStop }: QuoteProps) {
  return (
    <button
      type="button"
      class="quote"
      dir="auto"
      tabIndex={isStop ? 0 : -1}
      onClick={() => actions.jump?.(quote.id)}
    >
      <span class="visually-hidden" dir="ltr">Answers</span>
      <span class="quote-name">
        {quote.userId === actions.me ? "You" : <Name>{quote.name}</Name>}
      </span>
      <span class="quote-text" dir="auto">{wordsOfKind(quote)}</span>
    </button>
  );
}
