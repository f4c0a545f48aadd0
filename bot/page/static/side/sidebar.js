// The side bar: who acts, the channels, direct messages and the app.
import { Avatar } from "../avatar.js";
import { classes, html, useRef } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { isAppChannel, titleOf } from "../workspace/names.js";
import { addressOf } from "../workspace/location.js";
import { PersonSwitch } from "./person_switch.js";

function Row({ channel, here }) {
  const { state } = useNow();
  const title = titleOf(channel, state);
  const other = channel.with && state.people[channel.with];
  const unread = channel.unread > 99 ? "99+" : channel.unread;
  const address = addressOf({ as: state.viewer, in: channel.id });
  return html`<li>
    <a
      class=${classes("side-row", here && "here", channel.unread > 0 && "unread")}
      href=${address}
      aria-current=${here ? "page" : undefined}
    >
      ${
        other
          ? html`<${Avatar} person=${other} size=${20} />`
          : html`<${Icon}
        name=${channel.type === "group" ? "lock" : channel.name ? "hash" : "people"}
        size=${16}
      />`
      }
      <span class="side-name">${title}</span>
      ${channel.unread > 0 && html`<span class="badge">${unread}<span class="hidden"> unread</span></span>`}
    </a>
  </li>`;
}

function Group({ title, channels, inId, action = null }) {
  if (!channels.length && !action) return null;
  return html`<section class="side-group" aria-label=${title}>
    <h2>${title}${action}</h2>
    <ul>${channels.map(
      (channel) => html`<${Row}
      key=${channel.id}
      channel=${channel}
      here=${channel.id === inId}
    />`,
    )}</ul>
  </section>`;
}

export function Sidebar({ inId, theme, toggleTheme, openSwitcher }) {
  const { state } = useNow();
  const side = useRef(null);
  const apps = state.channels.filter((c) => isAppChannel(c, state));
  const named = state.channels.filter((c) => c.name);
  const direct = state.channels.filter((c) => !c.name && !apps.includes(c));
  const { name, documents, kb } = state.workspace;
  const move = (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const rows = [...side.current.querySelectorAll(".side-row")];
    const at = rows.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    rows[(at + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length].focus();
  };
  const dark = theme === "dark";
  return html`<nav ref=${side} class="pane side" aria-label="Channels" onKeyDown=${move}>
    <header class="side-head">
      <div><p class="workspace-name">${name}</p><p
        class="workspace-kb"
        title=${kb}
      >${documents === 1 ? "1 document" : `${documents.toLocaleString()} documents`} known</p></div>
      <button
        type="button"
        class="button icon"
        aria-label=${dark ? "Light colours" : "Dark colours"}
        title=${dark ? "Light colours" : "Dark colours"}
        onClick=${toggleTheme}
      ><${Icon} name=${dark ? "sun" : "moon"} /></button>
    </header>
    <button
      type="button"
      class="jump"
      onClick=${openSwitcher}
    ><${Icon} name="search" size=${16} /><span>Jump to…</span><kbd>Ctrl K</kbd></button>
    <div class="side-scroll">
      <${Group} title="Apps" channels=${apps} inId=${inId} />
      <${Group} title="Channels" channels=${named} inId=${inId} />
      <${Group} title="Direct messages" channels=${direct} inId=${inId} />
    </div>
    <${PersonSwitch} />
  </nav>`;
}
