// What stands above the first message: where one is, and what is worth asking.
import { Avatar } from "../avatar.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { isAppChannel, titleOf } from "../workspace/names.js";

/** Questions to try: asked with one press, by mentioning the app where that is needed. */
export function Examples({ channel }) {
  const { act } = useDesk();
  const { state } = useNow();
  const { app } = state.workspace;
  const mention = isAppChannel(channel, state) ? "" : `<@${app.user}> `;
  const prompted = state.prompts[channel.id]?.prompts.length > 0;
  if (!channel.has_app || !state.examples.length || channel.archived || prompted) return null;
  return html`<div class="examples">
    <p>Try one of these</p>
    <ul>
      ${state.examples.slice(0, 5).map(
        (question) => html`<li key=${question}><button
        type="button"
        class="example"
        onClick=${() => act("say", { channel: channel.id, text: mention + question })}
      >${question}</button></li>`,
      )}
    </ul>
  </div>`;
}

export function Beginning({ channel, empty }) {
  const { state } = useNow();
  const title = titleOf(channel, state);
  const other = channel.with && state.people[channel.with];
  const isApp = isAppChannel(channel, state);
  const words = isApp
    ? state.workspace.app.description
    : channel.name
      ? channel.topic || "This is where the channel begins."
      : "This is where the conversation begins.";
  return html`<section class="beginning">
    ${
      other
        ? html`<${Avatar} person=${other} size=${52} />`
        : html`<span class="beginning-icon"><${Icon}
      name=${channel.type === "group" ? "lock" : channel.name ? "hash" : "people"}
      size=${26}
    /></span>`
    }
    <h2>${channel.name ? `#${title}` : title}</h2>
    <p>${words}</p>
    ${empty && html`<${Examples} channel=${channel} />`}
  </section>`;
}
