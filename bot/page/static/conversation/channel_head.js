// The bar above a conversation: where one is, the app's tabs, the people, and the page's own buttons.
import { Avatar } from "../avatar.js";
import { classes, html, useRef } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { titleOf } from "../workspace/names.js";
import { BotPill } from "../panels/bot_pill.js";

const TABS = ["home", "messages"];

function Tabs({ tab }) {
  const { go } = useDesk();
  const bar = useRef(null);
  const open = (name) => go({ tab: name === "messages" ? null : name });
  const move = (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const next = TABS[(TABS.indexOf(tab) + 1) % TABS.length];
    open(next);
    bar.current.querySelector(`#tab-${next}`).focus();
  };
  return html`<div ref=${bar} class="tabs" role="tablist" aria-label="App" onKeyDown=${move}>
    ${TABS.map(
      (name) => html`<button
        key=${name}
        type="button"
        role="tab"
        id=${`tab-${name}`}
        aria-selected=${name === tab}
        tabindex=${name === tab ? 0 : -1}
        onClick=${() => open(name)}
      >
        ${name === "home" ? "Home" : "Messages"}
      </button>`,
    )}
  </div>`;
}

export function ChannelHead({ channel, isApp, tab }) {
  const { go, openMembers } = useDesk();
  const { state } = useNow();
  const title = titleOf(channel, state);
  const other = channel.with && state.people[channel.with];
  const icon = channel.type === "group" ? "lock" : "hash";
  return html`<header class="head">
    <button
      type="button"
      class="button icon narrow-only"
      aria-label="Back to the list of channels"
      onClick=${() => go({ list: 1 })}
    ><${Icon} name="back" /></button>
    ${
      other
        ? html`<${Avatar}
      person=${other}
      size=${28}
    />`
        : html`<span class="head-icon"><${Icon} name=${channel.name ? icon : "people"} /></span>`
    }
    <div class="head-words">
      <h1>${title}</h1>
      ${channel.topic && html`<p class="topic">${channel.topic}</p>`}
    </div>
    ${isApp && html`<${Tabs} tab=${tab} />`}
    ${
      channel.shared &&
      html`<span
      class="tag warn"
      title="People of another company are in this channel"
    >Shared</span>`
    }
    ${
      channel.name &&
      html`<button
        type="button"
        class=${classes("button quiet members")}
        aria-label=${`${channel.members.length} members`}
        onClick=${() => openMembers(channel.id)}
      >
        <${Icon} name="people" />${channel.members.length}
      </button>`
    }
    <${BotPill} />
  </header>`;
}
