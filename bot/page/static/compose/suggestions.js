// What the compose box offers for the word at the caret.

const MOST = 8;
const WORD = /(?:^|[\s(])([@#])([\w.-]*)$/;

const starts = (name, typed) =>
  name
    .toLowerCase()
    .split(/[\s._-]+/)
    .some((part) => part.startsWith(typed)) || name.toLowerCase().startsWith(typed);

/**
 * `{from, options: [{key, label, detail, insert}]}` or null. from: where the word begins; insert:
 * what takes its place. Slash commands are offered at the very beginning of an empty message only.
 */
export function suggest(text, caret, { people, channels, commands }) {
  const before = text.slice(0, caret);
  if (before.startsWith("/") && !before.includes("\n") && commands) return slash(before, commands);
  const match = before.match(WORD);
  if (!match) return null;
  const [, sign, typed] = match;
  const word = typed.toLowerCase();
  const from = caret - typed.length - 1;
  const options =
    sign === "@"
      ? people
          .filter((p) => starts(p.name, word) || starts(p.real_name, word))
          .map((p) => ({
            key: p.id,
            label: p.real_name,
            detail: `@${p.name}`,
            insert: `@${p.name} `,
            person: p,
          }))
      : channels
          .filter((c) => c.name && starts(c.name, word))
          .map((c) => ({ key: c.id, label: `#${c.name}`, detail: c.topic, insert: `#${c.name} ` }));
  return options.length ? { from, options: options.slice(0, MOST) } : null;
}

function slash(before, commands) {
  const options = commands.filter(
    ({ line }) => line.startsWith(before.trimEnd()) && line.length >= before.trimEnd().length,
  );
  if (!options.length) return null;
  return {
    from: 0,
    options: options.slice(0, MOST).map(({ line, hint, description }) => ({
      key: line,
      label: hint ? `${line} ${hint}` : line,
      detail: description,
      insert: `${line} `,
    })),
  };
}
