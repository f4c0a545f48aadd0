// The pane at the right: a thread, what happened, or the faults. Escape closes it.
import { html, useEffect, useRef } from "../html.js";
import { Icon } from "../icons.js";

/** focus: whether the panel takes the focus as it opens. actions: more in its head. */
export function Panel({ title, detail, onClose, children, actions = null, kind = "" }) {
  const pane = useRef(null);
  useEffect(() => {
    const opener = document.activeElement;
    if (!pane.current.contains(opener)) pane.current.querySelector("[data-first]")?.focus();
    return () => opener?.isConnected && document.activeElement === document.body && opener.focus();
  }, []);
  const keys = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  return html`<aside ref=${pane} class=${`pane side-panel ${kind}`} aria-label=${title} onKeyDown=${keys}>
    <header class="head">
      <div class="head-words"><h2
        data-first
        tabindex="-1"
      >${title}</h2>${detail && html`<p class="topic">${detail}</p>`}</div>
      ${actions}
      <button
        type="button"
        class="button icon"
        aria-label=${`Close ${title}`}
        title="Close (Escape)"
        onClick=${onClose}
      ><${Icon} name="close" /></button>
    </header>
    ${children}
  </aside>`;
}
