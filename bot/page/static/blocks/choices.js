// Selects, radio buttons and checkboxes. Native controls: the keyboard and screen readers know them.
import { html } from "../html.js";
import { useConfirm } from "./confirm.js";
import { Mrkdwn, plainWords } from "./mrkdwn.js";
import { useElement } from "./use_element.js";

/** Of which things a select offers, and the state's key for one and for several. */
const OFFERED = {
  users_select: ["users", "selected_user", "initial_user"],
  conversations_select: ["channels", "selected_conversation", "initial_conversation"],
  channels_select: ["channels", "selected_channel", "initial_channel"],
  multi_users_select: ["users", "selected_users", "initial_users"],
  multi_conversations_select: ["channels", "selected_conversations", "initial_conversations"],
  multi_channels_select: ["channels", "selected_channels", "initial_channels"],
};

const words = (text) => plainWords(text ?? {});

function Options({ element, offered }) {
  if (offered) return offered.map(({ id, label }) => html`<option value=${id}>${label}</option>`);
  if (element.option_groups) {
    return element.option_groups.map(
      (group) =>
        html`<optgroup label=${words(group.label)}>${group.options.map((o) => html`<option value=${o.value}>${words(o.text)}</option>`)}</optgroup>`,
    );
  }
  return (element.options ?? []).map((o) => html`<option value=${o.value}>${words(o.text)}</option>`);
}

const optionsOf = (element) => element.options ?? element.option_groups?.flatMap((g) => g.options) ?? [];

/** A select of one thing. */
export function Select({ block, element, inInput, tell, describedBy, invalid }) {
  const { disabled, kept, choose, place } = useElement(block, element, { inInput, tell });
  const [confirmed, dialog] = useConfirm();
  const [source, key, initial] = OFFERED[element.type] ?? [];
  const offered = source && place.names[source]?.();
  const chosen = source
    ? (kept?.[key] ?? element[initial] ?? "")
    : ((kept ? kept.selected_option : element.initial_option)?.value ?? "");
  const change = (event) => {
    const { value } = event.target;
    const state = source
      ? { [key]: value }
      : { selected_option: optionsOf(element).find((o) => o.value === value) ?? null };
    confirmed(element.confirm, () => choose(state));
  };
  const label = inInput ? undefined : words(element.placeholder) || "Choose";
  return html`<span class="select">
      <select
        id=${inInput}
        aria-label=${label}
        aria-describedby=${describedBy}
        aria-invalid=${invalid}
        disabled=${disabled}
        value=${chosen}
        onChange=${change}
      >
        <option value="" disabled=${!inInput} hidden=${!inInput}>${words(element.placeholder) || "Choose…"}</option>
        <${Options} element=${element} offered=${offered} />
      </select>
    </span>${dialog}`;
}

/** A row of ticks for several things. */
function Ticks({ legend, rows, chosen, disabled, onChange, describedBy }) {
  const toggle = (value) =>
    onChange(chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value]);
  return html`<fieldset class="choices" aria-describedby=${describedBy}>
    <legend class="hidden">${legend}</legend>
    ${rows.map(
      (row) => html`<label class="choice">
        <input
          type="checkbox"
          checked=${chosen.includes(row.value)}
          disabled=${disabled}
          onChange=${() => toggle(row.value)}
        />
        <span>${row.label}${row.detail && html`<small>${row.detail}</small>`}</span>
      </label>`,
    )}
  </fieldset>`;
}

const optionRow = (option) => ({
  value: option.value,
  label: option.text.type === "mrkdwn" ? html`<${Mrkdwn} text=${option.text.text} />` : words(option.text),
  detail: option.description && words(option.description),
});

/** Checkboxes, and selects of several things. */
export function Several({ block, element, inInput, tell, describedBy, legend }) {
  const { disabled, kept, choose, place } = useElement(block, element, { inInput, tell });
  const [source, key, initial] = OFFERED[element.type] ?? [];
  if (source) {
    const rows = (place.names[source]?.() ?? []).map(({ id, label }) => ({ value: id, label }));
    const chosen = kept?.[key] ?? element[initial] ?? [];
    return html`<${Ticks}
      ...${{ rows, chosen, disabled, describedBy, legend }}
      onChange=${(ids) => choose({ [key]: ids })}
    />`;
  }
  const options = optionsOf(element);
  const chosen = (kept?.selected_options ?? element.initial_options ?? []).map((o) => o.value);
  const change = (values) => choose({ selected_options: options.filter((o) => values.includes(o.value)) });
  return html`<${Ticks}
    ...${{ chosen, disabled, describedBy, legend }}
    rows=${options.map(optionRow)}
    onChange=${change}
  />`;
}

/** Radio buttons. */
export function Radio({ block, element, inInput, tell, describedBy, legend }) {
  const { disabled, kept, choose } = useElement(block, element, { inInput, tell });
  const chosen = (kept?.selected_option ?? element.initial_option)?.value;
  const name = `${block.block_id} ${element.action_id}`;
  return html`<fieldset class="choices" aria-describedby=${describedBy}>
    <legend class="hidden">${legend ?? "Choose one"}</legend>
    ${(element.options ?? []).map((option) => {
      const { value, label, detail } = optionRow(option);
      return html`<label class="choice">
        <input
          type="radio"
          name=${name}
          checked=${value === chosen}
          disabled=${disabled}
          onChange=${() => choose({ selected_option: option })}
        />
        <span>${label}${detail && html`<small>${detail}</small>`}</span>
      </label>`;
    })}
  </fieldset>`;
}
