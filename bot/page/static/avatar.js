// Somebody's picture: their initials on a colour of their own, or the app's mark.
import { html } from "./html.js";
import { Mark } from "./icons.js";

/** The first letters of the first and last word of a name. */
function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((w) => w?.[0] ?? "")
    .join("")
    .toUpperCase();
}

/** One of eight colours, the same for the same name. */
const colour = (name) => [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7) % 8;

/** person: the server's PERSON; decorative: the name stands beside it. */
export function Avatar({ person, size = 36 }) {
  if (person.is_bot) return html`<${Mark} size=${size} />`;
  const look = { width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.4)}px` };
  return html`<span
    class=${`avatar tone-${colour(person.name)}`}
    style=${look}
    aria-hidden="true"
  >${initials(person.real_name || person.name)}</span>`;
}
