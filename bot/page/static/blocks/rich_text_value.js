// Words with marks as they are typed <-> the `rich_text_value` of a rich text input.

const SIGNS = { bold: "*", italic: "_", strike: "~", code: "`" };
const STYLES = Object.fromEntries(Object.entries(SIGNS).map(([style, sign]) => [sign, style]));
const INLINE = /(?<!\w)(?:`[^`\n]+`|\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~)(?!\w)|https?:\/\/[^\s<>"]+/g;
const FENCE = "```";
const BULLET = /^( *)[-•] +(.*)$/;
const NUMBER = /^( *)\d+[.)] +(.*)$/;
const QUOTE = /^> ?(.*)$/;

function leaves(text, style = {}) {
  const made = [];
  const say = (words, how = style) =>
    words && made.push({ type: "text", text: words, ...(Object.keys(how).length && { style: how }) });
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [found] = match;
    say(text.slice(at, match.index));
    at = match.index + found.length;
    const name = STYLES[found[0]];
    const inside = found.slice(1, -1);
    if (!name) made.push({ type: "link", url: found });
    else if (name === "code") say(inside, { ...style, code: true });
    else made.push(...leaves(inside, { ...style, [name]: true }));
  }
  say(text.slice(at));
  return made;
}

const section = (text) => ({ type: "rich_text_section", elements: leaves(text) });

/** The kind of a line, its words, and how deep it stands in a list. */
function kindOf(line) {
  const bullet = line.match(BULLET);
  const listed = bullet ?? line.match(NUMBER);
  if (listed) {
    const indent = Math.min(Math.floor(listed[1].length / 2), 8);
    return { kind: bullet ? "bullet" : "ordered", indent, words: listed[2] };
  }
  const quoted = line.match(QUOTE);
  return quoted ? { kind: "quote", indent: 0, words: quoted[1] } : { kind: "words", indent: 0, words: line };
}

function blockOf({ kind, indent, lines }) {
  if (kind === "code")
    return { type: "rich_text_preformatted", elements: [{ type: "text", text: lines.join("\n") }] };
  if (kind === "quote") return { type: "rich_text_quote", elements: leaves(lines.join("\n")) };
  if (kind === "words") return section(lines.join("\n"));
  return { type: "rich_text_list", style: kind, indent, elements: lines.map(section) };
}

/** null where nothing is written. */
export function toRich(text) {
  if (!text.trim()) return null;
  const runs = [];
  let code = null;
  for (const line of text.trimEnd().split("\n")) {
    if (line.trim() === FENCE) {
      if (code) code = null;
      else runs.push((code = { kind: "code", indent: 0, lines: [] }));
    } else if (code) {
      code.lines.push(line);
    } else {
      const { kind, indent, words } = kindOf(line);
      const last = runs.at(-1);
      if (last?.kind === kind && last.indent === indent) last.lines.push(words);
      else runs.push({ kind, indent, lines: [words] });
    }
  }
  const elements = runs.map(blockOf).filter((block) => block.elements.length);
  return elements.length ? { type: "rich_text", elements } : null;
}

const plain = (leaf) => {
  const words = leaf.text ?? leaf.url ?? "";
  return Object.entries(SIGNS).reduce(
    (said, [style, sign]) => (leaf.style?.[style] && words ? `${sign}${said}${sign}` : said),
    words,
  );
};
const line = (holder) => (holder.elements ?? []).map(plain).join("");

function typed(block) {
  if (block.type === "rich_text_preformatted") return `${FENCE}\n${line(block)}\n${FENCE}`;
  if (block.type === "rich_text_quote") return line(block).replace(/^/gm, "> ");
  if (block.type !== "rich_text_list") return line(block);
  const before = "  ".repeat(block.indent ?? 0);
  return (block.elements ?? [])
    .map((item, at) => `${before}${block.style === "ordered" ? `${at + 1}.` : "-"} ${line(item)}`)
    .join("\n");
}

/** The text that one would type for it. */
export const fromRich = (value) => (value?.elements ?? []).map(typed).join("\n");
