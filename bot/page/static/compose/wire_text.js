// What somebody types <-> what a message says: mentions by id, `& < >` escaped, as Slack's clients do.

const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** One pattern of all names, the longest first, that must stand alone after their sign. */
function named(sign, names) {
  if (!names.length) return null;
  const sorted = [...names].sort((a, b) => b.length - a.length).map(quoted);
  return new RegExp(`(?<![\\w${sign}])${sign}(${sorted.join("|")})(?![\\w-])`, "g");
}

/** `@name` and `#name` of known people and channels become their tokens. */
export function toWire(text, { people, channels }) {
  const users = Object.fromEntries(people.map((p) => [p.name, p.id]));
  const places = Object.fromEntries(channels.filter((c) => c.name).map((c) => [c.name, c.id]));
  let made = escape(text);
  const at = named("@", Object.keys(users));
  const hash = named("#", Object.keys(places));
  if (at) made = made.replace(at, (_, name) => `<@${users[name]}>`);
  if (hash) made = made.replace(hash, (_, name) => `<#${places[name]}>`);
  return made;
}

/** The message as its author would type it again. */
export function fromWire(text, { people, channels }) {
  return unescape(
    text
      .replace(/<@(\w+)(?:\|[^>]*)?>/g, (token, id) => `@${people.find((p) => p.id === id)?.name ?? id}`)
      .replace(/<#(\w+)(?:\|[^>]*)?>/g, (token, id) => `#${channels.find((c) => c.id === id)?.name ?? id}`)
      .replace(/<(https?:[^|>]+)(?:\|[^>]*)?>/g, "$1"),
  );
}
