/** One row of a log: a message, or what stands between messages. */
import { Component } from "preact";
import { dayName } from "../../../sdk/view/times.ts";
import type { Row } from "../../state/timeline.ts";
import type { MessageActions } from "./actions.ts";
import { Message } from "./Message.tsx";
import { systemSentence } from "./system_sentence.ts";

interface LogRowProps {
  row: Row;
  actions: MessageActions;
  isActive: boolean;
  isFound: boolean;
}

/** It is a class for `shouldComponentUpdate`: one new message must not draw the others again. */
export class LogRow extends Component<LogRowProps> {
  override shouldComponentUpdate(next: LogRowProps): boolean {
    const { row, actions, isActive, isFound } = this.props;
    return next.isActive !== isActive || next.isFound !== isFound || next.actions !== actions ||
      isOther(row, next.row);
  }

  render({ row, actions, isActive, isFound }: LogRowProps) {
    switch (row.kind) {
      case "day":
        return (
          <div class="day" data-row={row.key}>
            <span>{dayName(row.timestamp)}</span>
          </div>
        );
      case "new":
        return (
          <div class="newline" role="separator" data-row={row.key} data-testid="new-line">
            <span>{row.count === 1 ? "1 new message" : `${row.count} new messages`}</span>
          </div>
        );
      case "gap":
        return (
          <p class="gap" data-row={row.key} data-testid="gap">
            Some messages may be missing here.
          </p>
        );
      case "left":
        return (
          <div class="left" role="status" data-row={row.key} data-testid="left">
            <p>You are no longer in this room. {row.reason}.</p>
            <button type="button" class="button button-primary" onClick={actions.rejoin}>
              Come back
            </button>
          </div>
        );
      case "system":
        return (
          <p class="system" data-row={row.key} tabIndex={isActive ? 0 : -1} data-testid="system">
            {systemSentence(row.message, actions)}
          </p>
        );
      case "message":
        return <Message row={row} isActive={isActive} isFound={isFound} actions={actions} />;
    }
  }
}

function isOther(row: Row, next: Row): boolean {
  if (row === next) return false;
  if (row.kind === "message" && next.kind === "message") {
    return row.message !== next.message || row.isFirst !== next.isFirst ||
      row.isLast !== next.isLast || row.isOwn !== next.isOwn;
  }
  if (row.kind === "system" && next.kind === "system") return row.message !== next.message;
  if (row.kind === "new" && next.kind === "new") return row.count !== next.count;
  if (row.kind === "left" && next.kind === "left") return row.reason !== next.reason;
  return row.kind !== next.kind;
}
