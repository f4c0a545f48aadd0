// Reactions below a message: who gave them, and giving or taking back one's own.
import { emojiOf } from "../blocks/emoji.js";
import { classes, html } from "../html.js";
import { useDesk } from "../workspace/desk.js";

export function Reactions({ message }) {
  const { current, act, names } = useDesk();
  const { channel, ts } = message;
  return html`<div class="reactions" role="group" aria-label="Reactions">
    ${message.reactions.map(({ name, users, count }) => {
      const mine = users.includes(current().viewer);
      const who = users.map(names.user).join(", ");
      return html`<button
        key=${name}
        type="button"
        class=${classes("reaction", mine && "mine")}
        aria-pressed=${mine}
        aria-label=${`${name}, ${count}: ${who}`}
        title=${who}
        onClick=${() => act(mine ? "unreact" : "react", { channel, ts, name })}
      >
        <span aria-hidden="true">${emojiOf(name)}</span> ${count}
      </button>`;
    })}
  </div>`;
}
