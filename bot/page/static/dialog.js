// A native modal dialog: the browser keeps the focus inside and gives it back afterwards.
import { classes, html, useEffect, useRef } from "./html.js";

/**
 * `onClose` is called for Escape and for a press outside; `label` names the dialog. The dialog is
 * open as long as it is rendered.
 */
export function Dialog({ label, onClose, children, kind = "" }) {
  const dialog = useRef(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current.showModal();
    return () => opener?.isConnected && opener.focus();
  }, []);
  const cancelled = (event) => {
    event.preventDefault();
    onClose();
  };
  const pressed = (event) => event.target === dialog.current && onClose();
  return html`<dialog
    ref=${dialog}
    class=${classes("dialog", kind)}
    aria-label=${label}
    onCancel=${cancelled}
    onMouseDown=${pressed}
  >
    <div class="dialog-inside">${children}</div>
  </dialog>`;
}
