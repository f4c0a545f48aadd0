// Buttons, the overflow menu, feedback and icon buttons.
import { classes, html } from "../html.js";
import { Menu } from "../menu.js";
import { linkable } from "./addresses.js";
import { useConfirm } from "./confirm.js";
import { plainWords } from "./mrkdwn.js";
import { useElement } from "./use_element.js";

/** What a screen reader says: what is seen must be part of it, so that it can be asked for by voice. */
function nameOf(words, label) {
  if (!label) return undefined;
  return label.toLowerCase().includes(words.toLowerCase()) ? label : `${words}: ${label}`;
}

/** A button; one with an address is a link that also tells the app. */
export function Button({ block, element }) {
  const { busy, disabled, choose } = useElement(block, element);
  const [confirmed, dialog] = useConfirm();
  const look = classes("button", element.style, busy && "busy");
  const words = plainWords(element.text);
  const label = nameOf(words, element.accessibility_label);
  const href = element.url && linkable(element.url);
  if (href) {
    return html`<a
      class=${look}
      href=${href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      aria-label=${label}
      onClick=${() => choose()}
    >${words}</a>`;
  }
  const press = () => confirmed(element.confirm, () => choose());
  return html`<button
    type="button"
    class=${look}
    aria-label=${label}
    aria-busy=${busy}
    disabled=${disabled}
    onClick=${press}
  >${words}</button>${dialog}`;
}

/** A menu behind three dots. */
export function Overflow({ block, element }) {
  const { busy, disabled, choose } = useElement(block, element);
  const [confirmed, dialog] = useConfirm();
  const items = (element.options ?? []).map((option) => ({
    label: plainWords(option.text),
    detail: option.description && plainWords(option.description),
    href: option.url && linkable(option.url),
    run: () => confirmed(element.confirm, () => choose({ selected_option: option })),
  }));
  return html`<${Menu}
    label="More actions"
    items=${items}
    disabled=${disabled}
    look=${classes("button icon", busy && "busy")}
  >⋯<//>${dialog}`;
}

/** Thumbs up and down; the server remembers which one the viewer pressed. */
export function Feedback({ block, element }) {
  const { disabled, choose, place } = useElement(block, element);
  const given = place.pressed?.[element.action_id];
  const side = (name, icon) => {
    const { text, value, accessibility_label: label } = element[`${name}_button`] ?? {};
    if (!text) return null;
    const press = () => choose({ text, value });
    return html`<button
      type="button"
      class=${classes("button quiet", given === value && "given")}
      aria-label=${nameOf(plainWords(text), label)}
      aria-pressed=${given === value}
      disabled=${disabled}
      onClick=${press}
    >
      <${Thumb} down=${icon === "down"} /><span>${plainWords(text)}</span>
    </button>`;
  };
  return html`<div
    class="feedback"
    role="group"
    aria-label="Feedback"
  >${side("positive", "up")}${side("negative", "down")}</div>`;
}

function Thumb({ down }) {
  return html`<svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" class=${down ? "down" : ""}>
    <path
      d="M6 9v8H3.5A1.5 1.5 0 0 1 2 15.500v-5A1.500 1.500 0 0 1 3.500 9H6Zm0 0 3.300-6.300a1.900 1.900 0 0 1 3.500 1.300L12.200 7.500h3.900a2 2 0 0 1 1.900 2.500l-1.400 5.400A2 2 0 0 1 14.700 17H6"
      fill="none" stroke="currentColor" stroke-width="1.500" stroke-linejoin="round"
    />
  </svg>`;
}

const ICONS = { trash: "🗑" };

/** A small button that is a picture; unknown pictures are shown by their words. */
export function IconButton({ block, element }) {
  const { disabled, choose } = useElement(block, element);
  const [confirmed, dialog] = useConfirm();
  const words = plainWords(element.text ?? { text: element.icon });
  const press = () => confirmed(element.confirm, () => choose());
  return html`<button
    type="button"
    class="button quiet"
    aria-label=${element.accessibility_label ?? words}
    disabled=${disabled}
    onClick=${press}
  >
      ${ICONS[element.icon] ?? words}
    </button>${dialog}`;
}
