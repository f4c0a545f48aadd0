// What this page has no picture of: named, with whatever words it holds.
import { html } from "../html.js";

/** Every text inside, in order; at most a few lines. */
function wordsIn(value, found = []) {
  if (found.length > 20 || !value || typeof value !== "object") return found;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "string" && ["text", "title", "alt_text", "fallback"].includes(key))
      found.push(inner);
    else wordsIn(inner, found);
  }
  return found;
}

/** A labelled box in place of a block or element that is not known. */
export function Unknown({ what }) {
  return html`<div class="unknown-block" role="note">
    <strong>${String(what?.type ?? "Unknown")}</strong>
    <span>This page does not show this kind of block.</span>
    ${wordsIn(what).map((line) => html`<p>${line}</p>`)}
  </div>`;
}
