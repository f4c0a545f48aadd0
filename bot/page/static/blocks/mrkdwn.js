// Slack's mrkdwn and plain text -> elements. Escapes `&amp; &lt; &gt;` are undone after parsing.
import { html } from "../html.js";
import { linkable } from "./addresses.js";
import { Mention } from "./context.js";
import { formatted } from "./dates.js";
import { EMOJI } from "./emoji.js";

const INLINE = new RegExp(
  [
    "(?<fence>```\\n?(?<pre>[\\s\\S]+?)\\n?```)",
    "(?<code>`(?<codeText>[^`\\n]+)`)",
    "(?<token><(?<inside>[^<>\\n]+)>)",
    "(?<![\\w*])\\*(?<bold>(?=\\S)[^*\\n]+?(?<=\\S))\\*(?![\\w*])",
    "(?<![\\w_])_(?<italic>(?=\\S)[^_\\n]+?(?<=\\S))_(?![\\w_])",
    "(?<![\\w~])~(?<strike>(?=\\S)[^~\\n]+?(?<=\\S))~(?![\\w~])",
    "(?<emoji>:(?<emojiName>[a-z0-9_+-]+):)",
  ].join("|"),
  "g",
);

const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** A link, or its words where the address may not be opened. */
export function SafeLink({ url, children }) {
  const href = linkable(url);
  const words = children?.length ? children : url;
  if (!href) return html`<span>${words}</span>`;
  return html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${words}</a>`;
}

function token(inside, verbatim) {
  const [target, ...rest] = inside.split("|");
  const label = unescape(rest.join("|"));
  if (target.startsWith("@")) return html`<${Mention} kind="user" id=${target.slice(1)} />`;
  if (target.startsWith("#")) return html`<${Mention} kind="channel" id=${target.slice(1)} />`;
  if (target.startsWith("!subteam^")) return html`<${Mention} kind="group" id=${target.slice(9)} />`;
  if (target.startsWith("!date^")) {
    const [, moment, format] = target.split("^");
    return Number.isFinite(+moment) && format ? formatted(format, +moment) : label;
  }
  if (target.startsWith("!")) return html`<${Mention} kind="range" id=${target.slice(1)} />`;
  return html`<${SafeLink} url=${unescape(target)}>${label || (verbatim ? "" : unescape(target))}<//>`;
}

function piece(groups, depth) {
  if (groups.fence) return html`<pre class="code"><code>${unescape(groups.pre)}</code></pre>`;
  if (groups.code) return html`<code>${unescape(groups.codeText)}</code>`;
  if (groups.token) return token(groups.inside);
  if (groups.bold) return html`<strong>${inline(groups.bold, depth + 1)}</strong>`;
  if (groups.italic) return html`<em>${inline(groups.italic, depth + 1)}</em>`;
  if (groups.strike) return html`<s>${inline(groups.strike, depth + 1)}</s>`;
  return EMOJI[groups.emojiName] ?? groups.emoji;
}

/** The words of some lines with marks, links and mentions. */
export function inline(text, depth = 0) {
  if (depth > 6) return unescape(text);
  const made = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) made.push(unescape(text.slice(at, match.index)));
    made.push(piece(match.groups, depth));
    at = match.index + match[0].length;
  }
  if (at < text.length) made.push(unescape(text.slice(at)));
  return made;
}

/** A whole mrkdwn text: quoted lines stand in a quotation. */
export function Mrkdwn({ text }) {
  if (!/^(>|&gt;)/m.test(text)) return html`<div class="prose">${inline(text)}</div>`;
  const parts = [];
  for (const line of text.split("\n")) {
    const quoted = line.match(/^(?:>|&gt;) ?(.*)$/);
    const last = parts.at(-1);
    if (last && last.quoted === Boolean(quoted)) last.lines.push(quoted ? quoted[1] : line);
    else parts.push({ quoted: Boolean(quoted), lines: [quoted ? quoted[1] : line] });
  }
  return html`<div class="prose">
    ${parts.map(({ quoted, lines }) =>
      quoted
        ? html`<blockquote>${inline(lines.join("\n"))}</blockquote>`
        : html`<div>${inline(lines.join("\n"))}</div>`,
    )}
  </div>`;
}

/** Plain text; emoji names are read unless the text says otherwise. */
export function plainWords({ text = "", emoji = true } = {}) {
  return emoji ? text.replace(/:([a-z0-9_+-]+):/g, (name, bare) => EMOJI[bare] ?? name) : text;
}

/** A text object of either kind. */
export function Text({ of }) {
  if (!of) return null;
  return of.type === "mrkdwn"
    ? html`<${Mrkdwn} text=${of.text} />`
    : html`<div class="prose">${plainWords(of)}</div>`;
}
