// Ctrl K: a jump to any channel, person or role by a few letters.
import { Avatar } from "../avatar.js";
import { Dialog } from "../dialog.js";
import { html, useState } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { titleOf } from "../workspace/names.js";

const MOST = 9;

/** All letters of `typed` in order: 0 for a beginning, more for later, null for none. */
function rank(name, typed) {
  const at = name.toLowerCase().indexOf(typed);
  return at < 0 ? null : at;
}

function targets(state, go, act) {
  const places = state.channels.map((channel) => {
    const title = titleOf(channel, state);
    const other = channel.with && state.people[channel.with];
    return {
      key: channel.id,
      label: channel.name ? `#${title}` : title,
      search: title,
      detail: channel.name ? channel.topic : "Direct message",
      picture: other
        ? html`<${Avatar} person=${other} size=${24} />`
        : html`<${Icon} name=${channel.type === "group" ? "lock" : "hash"} />`,
      run: () => go({ in: channel.id, tab: null, thread: null, why: null, list: null, at: null }),
    };
  });
  const people = Object.values(state.people).filter((p) => p.can_act && p.id !== state.viewer);
  const roles = people.map((p) => ({
    key: `as ${p.id}`,
    label: `Act as ${p.real_name}`,
    search: p.real_name,
    detail: p.about,
    picture: html`<${Avatar} person=${p} size=${24} />`,
    run: () => go({ as: p.id, thread: null, why: null, at: null }),
  }));
  const writes = people.map((p) => ({
    key: `dm ${p.id}`,
    label: `Message ${p.real_name}`,
    search: p.real_name,
    detail: "Direct message",
    picture: html`<${Avatar} person=${p} size=${24} />`,
    run: async () => {
      const opened = await act("dm", { user: p.id });
      if (opened) go({ in: opened.channel, tab: null, thread: null, why: null, list: null });
    },
  }));
  return [...places, ...roles, ...writes];
}

export function Switcher({ onClose }) {
  const { go, act } = useDesk();
  const { state } = useNow();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const word = typed.trim().toLowerCase().replace(/^[#@]/, "");
  const found = targets(state, go, act)
    .map((target) => ({ ...target, rank: rank(target.search, word) }))
    .filter((target) => target.rank !== null)
    .sort((one, other) => (one.rank > 0) - (other.rank > 0))
    .slice(0, MOST);
  const run = (target) => {
    onClose();
    target.run();
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter" && found[at]) {
      event.preventDefault();
      run(found[at]);
    }
  };
  return html`<${Dialog} label="Jump to" onClose=${onClose} kind="switcher">
    <input
      class="field"
      role="combobox"
      aria-label="Jump to a channel or person"
      aria-expanded="true"
      aria-controls="jump-list"
      aria-activedescendant=${found[at] ? `jump-${at}` : undefined}
      aria-autocomplete="list"
      placeholder="Channel or person"
      value=${typed}
      onInput=${(event) => (setTyped(event.target.value), setAt(0))}
      onKeyDown=${keys}
    />
    <div class="jump-list" role="listbox" id="jump-list" aria-label="Places">
      ${found.map(
        (target, number) => html`<div
          key=${target.key}
          id=${`jump-${number}`}
          class="option"
          role="option"
          aria-selected=${number === at}
          onMouseEnter=${() => setAt(number)}
          onClick=${() => run(target)}
        >
          ${target.picture}<span>${target.label}<small>${target.detail}</small></span>
        </div>`,
      )}
    </div>
    ${!found.length && html`<p class="muted" role="status">Nothing is called that.</p>`}
  <//>`;
}
