// Pictures: shown where this server holds them, named with a link where they lie elsewhere.
import { html } from "../html.js";
import { ownPicture } from "./addresses.js";
import { SafeLink, plainWords } from "./mrkdwn.js";

/** An image block or element. */
export function Picture({ of, small = false }) {
  const given = of.image_url ?? of.slack_file?.url;
  const url = ownPicture(given);
  const words = of.alt_text ?? "";
  const shown = url
    ? html`<img class=${small ? "thumbnail" : "picture"} src=${url} alt=${words} loading="lazy" />`
    : html`<span class="picture-link">🖼 <${SafeLink} url=${given}>${words || given}<//></span>`;
  if (small || !of.title) return shown;
  return html`<figure><figcaption>${plainWords(of.title)}</figcaption>${shown}</figure>`;
}
