// The `markdown` block and streamed text: marked reads, and each token becomes an element here.
// Raw HTML in it is shown as the text it is, pictures as links.
import { html } from "../html.js";
import { lexer } from "../vendor/marked.js";
import { SafeLink, inline as mrkdwnInline } from "./mrkdwn.js";

const MARKS = { strong: "strong", em: "em", del: "s" };
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const decoded = (text) => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]);

/** Slack reads `<@U…>`, `<#C…>` and `<!…>` in Markdown too. */
const words = (text) => (/<[@#!][^<>\s]+>/.test(text) ? mrkdwnInline(text) : decoded(text));

function inlineToken(token) {
  if (token.type in MARKS) return html`<${MARKS[token.type]}>${inlineTokens(token.tokens)}<//>`;
  switch (token.type) {
    case "text":
      return token.tokens ? inlineTokens(token.tokens) : words(token.text);
    case "codespan":
      return html`<code>${decoded(token.text)}</code>`;
    case "br":
      return html`<br />`;
    case "link":
      return html`<${SafeLink} url=${token.href}>${inlineTokens(token.tokens)}<//>`;
    case "image":
      return html`<${SafeLink} url=${token.href}>${token.text || token.href}<//>`;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    default:
      return words(token.text ?? token.raw);
  }
}

const inlineTokens = (tokens = []) => tokens.map(inlineToken);

function Table({ token }) {
  const align = (at) => ({ textAlign: token.align[at] ?? "left" });
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Table">
    <table>
      <thead>
        <tr>${token.header.map(
          (cell, at) => html`<th
          scope="col"
          style=${align(at)}
        >${inlineTokens(cell.tokens)}</th>`,
        )}</tr>
      </thead>
      <tbody>
        ${token.rows.map((row) => html`<tr>${row.map((cell, at) => html`<td style=${align(at)}>${inlineTokens(cell.tokens)}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>`;
}

function List({ token }) {
  const items = token.items.map((item) => html`<li>${item.tokens.map(blockToken)}</li>`);
  return token.ordered ? html`<ol start=${token.start || 1}>${items}</ol>` : html`<ul>${items}</ul>`;
}

function blockToken(token) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return html`<p
        class="md-heading"
        role="heading"
        aria-level=${Math.min(token.depth + 3, 6)}
      >${inlineTokens(token.tokens)}</p>`;
    case "paragraph":
      return html`<p>${inlineTokens(token.tokens)}</p>`;
    case "code":
      return html`<pre class="code" tabindex="0"><code>${token.text}</code></pre>`;
    case "blockquote":
      return html`<blockquote>${token.tokens.map(blockToken)}</blockquote>`;
    case "list":
      return html`<${List} token=${token} />`;
    case "table":
      return html`<${Table} token=${token} />`;
    case "hr":
      return html`<hr />`;
    case "html":
      return html`<p>${token.raw}</p>`;
    default:
      return inlineToken(token);
  }
}

/** Markdown as elements; an unfinished text (a stream) is read as far as it goes. */
export function Markdown({ text }) {
  return html`<div class="prose markdown">${lexer(text, { gfm: true }).map(blockToken)}</div>`;
}
