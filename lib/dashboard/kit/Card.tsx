/** A part of a view with its own heading. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  title: string;
  /** What it is about, in a few words. */
  note?: string;
  /** How many of twelve columns it takes on a wide page. @default 12 */
  width?: 3 | 4 | 6 | 8 | 12;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Card({ title, note, width = 12, actions, children }: CardProps) {
  const id = useId();
  return (
    <section class={`card card-${width}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>
          {title}
          {note !== undefined && <small>{note}</small>}
        </h2>
        {actions}
      </header>
      {children}
    </section>
  );
}
