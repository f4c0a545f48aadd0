// What the app suggests to ask in a conversation with it that is still empty.
import { html } from "../html.js";
import { useDesk, useNow } from "../workspace/desk.js";

export function Prompts({ channel, empty }) {
  const { act } = useDesk();
  const { state } = useNow();
  const offered = state.prompts[channel.id];
  if (!empty || !offered?.prompts.length) return null;
  return html`<div class="prompts" role="group" aria-label=${offered.title || "Suggested questions"}>
    ${offered.prompts.map(
      ({ title, message }) => html`<button
      key=${title}
      type="button"
      class="prompt"
      title=${message}
      onClick=${() => act("say", { channel: channel.id, text: message })}
    >${title}</button>`,
    )}
  </div>`;
}
