// Who is in a channel, and bringing in somebody else.
import { Avatar } from "../avatar.js";
import { Dialog } from "../dialog.js";
import { html, useState } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk, useNow } from "../workspace/desk.js";

export function Members({ channel, onClose }) {
  const { act } = useDesk();
  const { state } = useNow();
  const [chosen, setChosen] = useState("");
  const inside = channel.members.map((id) => state.people[id]).filter(Boolean);
  const outside = Object.values(state.people).filter((p) => !channel.members.includes(p.id) && !p.deleted);
  const add = async () => {
    if (chosen && (await act("invite", { channel: channel.id, user: chosen }))) setChosen("");
  };
  return html`<${Dialog} label=${`Members of #${channel.name}`} onClose=${onClose} kind="small">
    <div class="modal-head plain"><h2>#${channel.name}</h2><button
      type="button"
      class="button icon"
      aria-label="Close"
      onClick=${onClose}
    ><${Icon} name="close" /></button></div>
    <ul class="people-list">
      ${inside.map(
        (person) => html`<li key=${person.id}><${Avatar}
        person=${person}
        size=${30}
      /><span><b>${person.real_name}</b><small>${person.about}</small></span></li>`,
      )}
    </ul>
    ${
      outside.length > 0 &&
      html`<div class="invite">
        <label for="invite" class="input-label">Bring somebody in</label>
        <div class="row">
          <span class="select"><select
            id="invite"
            value=${chosen}
            onChange=${(event) => setChosen(event.target.value)}
          >
            <option value="">Choose…</option>
            ${outside.map((p) => html`<option key=${p.id} value=${p.id}>${p.real_name}</option>`)}
          </select></span>
          <button type="button" class="button primary" disabled=${!chosen} onClick=${add}>Add</button>
        </div>
      </div>`
    }
  <//>`;
}
