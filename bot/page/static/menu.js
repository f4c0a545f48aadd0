// A menu button after the ARIA pattern: arrows move, Escape and a press elsewhere close it.
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";

const GAP = 6;

/** Where the list stands: below its button, or above and leftwards where there is no room. */
function place(list, button) {
  const around = button.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = list;
  const below = around.bottom + GAP + high <= innerHeight;
  const top = below ? around.bottom + GAP : Math.max(GAP, around.top - GAP - high);
  const left = Math.min(around.left, innerWidth - wide - GAP);
  list.style.top = `${top}px`;
  list.style.left = `${Math.max(GAP, left)}px`;
}

function List({ items, label, button, onClose }) {
  const list = useRef(null);
  useLayoutEffect(() => {
    list.current.showPopover?.();
    place(list.current, button);
    list.current.querySelector("[role^=menuitem]")?.focus();
  }, []);
  useEffect(() => {
    const outside = (event) => {
      if (!list.current?.contains(event.target) && !button.contains(event.target)) onClose(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const move = (event) => {
    const all = [...list.current.querySelectorAll("[role^=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      onClose(true);
    }
  };
  const run = (item) => {
    onClose(true);
    item.run();
  };
  const shown = items.map((item) =>
    item.href
      ? html`<a
        role="menuitem"
        tabindex="-1"
        href=${item.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        onClick=${() => run(item)}
      >${item.label}</a>`
      : html`<button
          type="button"
          role=${"checked" in item ? "menuitemradio" : "menuitem"}
          aria-checked=${item.checked}
          tabindex="-1"
          class=${classes(item.danger && "danger-text")}
          onClick=${() => run(item)}
        >
          ${item.icon}<span>${item.label}${item.detail && html`<small>${item.detail}</small>`}</span>
        </button>`,
  );
  return html`<div
    ref=${list}
    class="menu"
    role="menu"
    aria-label=${label}
    popover="manual"
    onKeyDown=${move}
  >${shown}</div>`;
}

/** items: `{label, detail?, icon?, href?, danger?, checked?, run()}`. children: the button's face; named: it
 * is words, which name the button. */
export function Menu({ label, items, children, disabled = false, look = "button icon", named = false }) {
  const [open, setOpen] = useState(false);
  const button = useRef(null);
  const close = (refocus) => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  const opens = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
    }
  };
  return html`<button
      ref=${button}
      type="button"
      class=${look}
      aria-label=${named ? undefined : label}
      title=${label}
      aria-haspopup="menu"
      aria-expanded=${open}
      disabled=${disabled}
      onKeyDown=${opens}
      onClick=${() => setOpen(!open)}
    >
      ${children}
    </button>
    ${open && html`<${List} items=${items} label=${label} button=${button.current} onClose=${close} />`}`;
}
