/** The Markdown of a notification as elements; nothing of it is ever read as HTML. */
import { type Block, type Inline, readMarkdown } from "../../../sdk/view/markdown.ts";

export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown" dir="auto">
      {readMarkdown(text).map((block, index) => <MarkdownBlock key={index} block={block} />)}
    </div>
  );
}

function MarkdownBlock({ block }: { block: Block }) {
  switch (block.kind) {
    case "code":
      return (
        <pre dir="ltr" tabIndex={0} role="group" aria-label="Code"><code>{block.text}</code></pre>
      );
    case "paragraph":
      return (
        <p>
          <Parts parts={block.parts} />
        </p>
      );
    case "list": {
      const items = block.items.map((parts, index) => (
        <li key={index}>
          <Parts parts={parts} />
        </li>
      ));
      return block.start === undefined ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Parts({ parts }: { parts: readonly Inline[] }) {
  return <>{parts.map((part, index) => <Part key={index} part={part} />)}</>;
}

function Part({ part }: { part: Inline }) {
  switch (part.kind) {
    case "text":
      return <>{part.text}</>;
    case "code":
      return <code dir="ltr">{part.text}</code>;
    case "strong":
      return (
        <strong>
          <Parts parts={part.parts} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Parts parts={part.parts} />
        </em>
      );
    case "link":
      return (
        <a {...part.link} title={part.link.href}>
          <Parts parts={part.parts} />
        </a>
      );
  }
}
