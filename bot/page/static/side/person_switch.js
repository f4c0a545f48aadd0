// Acting as somebody else: what they see is what they may see.
import { Avatar } from "../avatar.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { Menu } from "../menu.js";
import { useDesk, useNow } from "../workspace/desk.js";

const ROLES = { member: "Member", guest: "Guest", outsider: "Outside", reviewer: "Reviewer", admin: "Admin" };

export function PersonSwitch() {
  const { go } = useDesk();
  const { state } = useNow();
  const me = state.people[state.viewer];
  const items = Object.values(state.people)
    .filter((p) => p.can_act)
    .map((person) => ({
      label: html`${person.real_name} <span class=${`tag role-${person.role}`}>${ROLES[person.role] ?? person.role}</span>`,
      detail: person.about,
      icon: html`<${Avatar} person=${person} size=${30} />`,
      checked: person.id === state.viewer,
      run: () => go({ as: person.id, thread: null, why: null, at: null }),
    }));
  return html`<div class="person-switch">
    <${Menu} label="Act as somebody else" items=${items} look="person-button" named=${true}>
      <${Avatar} person=${me} size=${34} />
      <span class="person-words"><small>Acting as ${(ROLES[me.role] ?? me.role).toLowerCase()}</small><b>${me.real_name}</b></span>
      <${Icon} name="chevron" size=${16} />
    <//>
  </div>`;
}
