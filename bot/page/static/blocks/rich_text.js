// `rich_text`: sections, nested lists, quotations and code.
import { classes, html } from "../html.js";
import { Mention } from "./context.js";
import { formatted } from "./dates.js";
import { emojiOf } from "./emoji.js";
import { SafeLink } from "./mrkdwn.js";

function styled(content, style = {}) {
  let made = content;
  if (style.code) made = html`<code>${made}</code>`;
  if (style.bold) made = html`<strong>${made}</strong>`;
  if (style.italic) made = html`<em>${made}</em>`;
  if (style.strike) made = html`<s>${made}</s>`;
  if (style.underline) made = html`<u>${made}</u>`;
  return made;
}

function bare(leaf) {
  switch (leaf.type) {
    case "text":
      return leaf.text;
    case "link":
      return html`<${SafeLink} url=${leaf.url}>${leaf.text || leaf.url}<//>`;
    case "user":
      return html`<${Mention} kind="user" id=${leaf.user_id} />`;
    case "usergroup":
      return html`<${Mention} kind="group" id=${leaf.usergroup_id} />`;
    case "channel":
      return html`<${Mention} kind="channel" id=${leaf.channel_id} />`;
    case "broadcast":
      return html`<${Mention} kind="range" id=${leaf.range} />`;
    case "emoji":
      return html`<span role="img" aria-label=${leaf.name}>${emojiOf(leaf.name)}</span>`;
    case "date":
      return html`<time dateTime=${new Date(leaf.timestamp * 1000).toISOString()}>${formatted(leaf.format, leaf.timestamp)}</time>`;
    case "color":
      return html`<span class="swatch"><i style=${{ background: leaf.value }}></i>${leaf.value}</span>`;
    default:
      return leaf.text ?? leaf.fallback ?? `[${leaf.type}]`;
  }
}

const leaves = (elements = []) => elements.map((leaf) => styled(bare(leaf), leaf.style));

/** Lists of deeper indent stand inside the last item of the list before: one tree of all in a row. */
function listTree(lists) {
  const roots = [];
  const path = [];
  for (const list of lists) {
    const depth = list.indent ?? 0;
    while (
      path.length &&
      path.at(-1).depth >= depth &&
      !(path.at(-1).depth === depth && path.at(-1).style === list.style)
    )
      path.pop();
    let node = path.at(-1);
    if (!node || node.depth !== depth || list.offset) {
      if (node?.depth === depth) path.pop();
      const parent = path.at(-1);
      node = { depth, style: list.style, start: (list.offset ?? 0) + 1, items: [] };
      (parent ? (parent.items.at(-1).inside ??= []) : roots).push(node);
      path.push(node);
    }
    for (const item of list.elements) node.items.push({ leaves: item.elements, inside: null });
  }
  return roots;
}

function List({ node }) {
  const items = node.items.map(
    (item) =>
      html`<li>${leaves(item.leaves)}${item.inside?.map((inner) => html`<${List} node=${inner} />`)}</li>`,
  );
  return node.style === "ordered" ? html`<ol start=${node.start}>${items}</ol>` : html`<ul>${items}</ul>`;
}

function holder(element) {
  switch (element.type) {
    case "rich_text_section":
      return html`<p>${leaves(element.elements)}</p>`;
    case "rich_text_quote":
      return html`<blockquote>${leaves(element.elements)}</blockquote>`;
    case "rich_text_preformatted":
      return html`<pre class="code" tabindex="0"><code>${leaves(element.elements)}</code></pre>`;
    default:
      return html`<p class="unknown-block">${element.type}</p>`;
  }
}

/** The whole block; neighbouring lists are read as one. */
export function RichText({ block, compact = false }) {
  const made = [];
  let lists = [];
  const flush = () => {
    made.push(...listTree(lists).map((node) => html`<${List} node=${node} />`));
    lists = [];
  };
  for (const element of block.elements ?? []) {
    if (element.type === "rich_text_list") {
      lists.push(element);
    } else {
      flush();
      made.push(holder(element));
    }
  }
  flush();
  return html`<div class=${classes("prose rich", compact && "compact")}>${made}</div>`;
}
