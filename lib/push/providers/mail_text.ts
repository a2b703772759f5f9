/** A notification as a mail: text and HTML, which is simple enough for every reader, light or dark, from left or right. */
import type { Device, Push } from "../types.ts";
import { absoluteUrl, imageUrl } from "./addresses.ts";
import { NO_TITLE } from "./declarative.ts";
import { escaped } from "./escaped.ts";
import { startOf } from "./fitting.ts";
import { markdownHtml } from "./mail_markdown.ts";

/** Readers show no more of a subject. */
const SUBJECT_CHARACTERS = 120;

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Link {
  readonly label: string;
  readonly url: string;
}

export function mailText(push: Push, { locale }: Pick<Device, "locale">): MailText {
  const { title, text = "" } = push;
  const subject = startOf(title ?? (text || NO_TITLE), SUBJECT_CHARACTERS);
  const links = linksOf(push);
  return {
    subject,
    text: plainText(push, links),
    html: htmlText(push, { subject, links, locale }),
  };
}

/** What a reader can do with a click. What the server would do of itself needs a page that asks first. */
function linksOf(push: Push): Link[] {
  const own = absoluteUrl(push.url, push);
  const actions = (push.actions ?? []).flatMap((action) => {
    const url = action.type === "view" ? absoluteUrl(action.url, push) : undefined;
    return url === undefined ? [] : [{ label: action.label, url }];
  });
  return own === undefined ? actions : [{ label: hostOf(own), url: own }, ...actions];
}

function hostOf(url: string): string {
  const { host, pathname } = new URL(url);
  return host || pathname;
}

function plainText(
  { title, text, markdown = text, unsubscribeUrl }: Push,
  links: readonly Link[],
): string {
  const parts = [
    title ?? "",
    markdown ?? "", // it is written so that people can read it as it is
    ...links.map(({ label, url }) => url.includes(label) ? url : `${label}: ${url}`),
    unsubscribeUrl === undefined ? "" : `-- \nUnsubscribe: ${unsubscribeUrl}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

interface HtmlParts {
  readonly subject: string;
  readonly links: readonly Link[];
  readonly locale: string | undefined;
}

/** No color is set, so that a reader's dark ones fit; what a sender has written goes by its own direction. */
function htmlText(push: Push, { subject, links, locale }: HtmlParts): string {
  const { title, text, unsubscribeUrl } = push;
  const image = imageUrl(push.image, push);
  const { lang, dir } = directionOf(locale);
  const body = [
    title === undefined
      ? ""
      : `<h1 dir="auto" style="font-size:20px;margin:0 0 12px">${escaped(title)}</h1>`,
    push.markdown !== undefined
      ? markdownHtml(push.markdown, push)
      : text === undefined
      ? ""
      : `<p dir="auto" style="white-space:pre-line;margin:0 0 16px">${escaped(text)}</p>`,
    image === undefined
      ? ""
      : `<p style="margin:0 0 16px"><img src="${
        escaped(image)
      }" alt="" style="max-width:100%"></p>`,
    ...links.map(({ label, url }) =>
      `<p style="margin:0 0 12px"><a href="${escaped(url)}" dir="auto">${escaped(label)}</a></p>`
    ),
    unsubscribeUrl === undefined
      ? ""
      : `<hr><p style="font-size:13px"><a href="${escaped(unsubscribeUrl)}">Unsubscribe</a></p>`,
  ];
  return `<!doctype html>
<html lang="${escaped(lang)}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escaped(subject)}</title>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word">
${body.filter((part) => part !== "").join("\n")}
</body>
</html>
`;
}

function directionOf(locale = "en"): { lang: string; dir: string } {
  try {
    const { baseName: lang, ...known } = localeOf(locale);
    return { lang, dir: known.direction };
  } catch {
    return { lang: "en", dir: "ltr" };
  }
}

/** The runtime knows more of a locale than TypeScript does. */
function localeOf(tag: string): { baseName: string; direction: string } {
  const locale = new Intl.Locale(tag) as Intl.Locale & { getTextInfo?(): { direction?: string } };
  return { baseName: locale.baseName, direction: locale.getTextInfo?.().direction ?? "ltr" };
}
