// Files of a message: pictures shown, others by name and size.
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk } from "../workspace/desk.js";

const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A size as people say it. */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function Files({ files }) {
  const { server } = useDesk();
  return html`<ul class="files" aria-label="Files">
    ${files.map((file) => {
      const href = server.fileAddress(file);
      const name = file.title || file.name;
      if (SHOWN.includes(file.mimetype)) {
        return html`<li key=${file.id}><a href=${href} target="_blank" rel="noopener"><img
          class="picture"
          src=${href}
          alt=${name}
          loading="lazy"
        /></a></li>`;
      }
      return html`<li key=${file.id}>
        <a
          class="file"
          href=${href}
          download=${file.name}
        ><${Icon} name="file" size=${22} /><span>${name}<small>${sizeOf(file.size)}</small></span></a>
      </li>`;
    })}
  </ul>`;
}
