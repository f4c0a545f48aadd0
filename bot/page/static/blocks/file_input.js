// Files that go with a form: each is uploaded when it is chosen, and sent by its id.
import { classes, html, useRef, useState } from "../html.js";
import { Icon } from "../icons.js";
import { useElement } from "./use_element.js";

const MOST = 10;

export function FileInput({ block, element, inInput, describedBy, invalid }) {
  const { disabled, kept, choose, place } = useElement(block, element, { inInput });
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const picker = useRef(null);
  const files = kept?.files ?? [];
  const most = element.max_files ?? MOST;
  const add = async (list) => {
    setBusy(true);
    const added = [];
    for (const file of list) {
      const held = await place.hold(file);
      if (held) added.push({ id: held.id, name: held.name });
    }
    choose({ files: [...files, ...added] });
    setBusy(false);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    if (!busy) add([...event.dataTransfer.files]);
  };
  return html`<div
    class=${classes("file-input", over && "over")}
    onDragOver=${(event) => (event.preventDefault(), setOver(true))}
    onDragLeave=${() => setOver(false)}
    onDrop=${drop}
  >
    <input
      ref=${picker}
      type="file"
      id=${inInput}
      aria-describedby=${describedBy}
      aria-invalid=${invalid}
      multiple=${most > 1}
      accept=${element.filetypes?.map((ending) => `.${ending}`).join(",")}
      disabled=${disabled || busy}
      onChange=${(event) => (add([...event.target.files]), (event.target.value = ""))}
    />
    <span class="file-input-note" role="status">${busy ? "Uploading…" : files.length ? "" : "or drop files here"}</span>
    ${
      files.length > 0 &&
      html`<ul class="attached" aria-label="Files to send">
      ${files.map(
        (file) => html`<li key=${file.id}>
        <${Icon} name="file" size=${16} /><span>${file.name}</span>
        <button
          type="button"
          class="button icon"
          aria-label=${`Remove ${file.name}`}
          onClick=${() => (choose({ files: files.filter((f) => f.id !== file.id) }), picker.current.focus())}
        ><${Icon} name="close" size=${14} /></button>
      </li>`,
      )}
    </ul>`
    }
  </div>`;
}
