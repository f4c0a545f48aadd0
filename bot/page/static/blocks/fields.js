// Text, number, date and time fields.
import { html } from "../html.js";
import { plainWords } from "./mrkdwn.js";
import { useElement } from "./use_element.js";

/** Kind of the native input, the state's key, the element's first value. */
const KINDS = {
  plain_text_input: ["text", "value", "initial_value"],
  email_text_input: ["email", "value", "initial_value"],
  url_text_input: ["url", "value", "initial_value"],
  number_input: ["number", "value", "initial_value"],
  datepicker: ["date", "selected_date", "initial_date"],
  timepicker: ["time", "selected_time", "initial_time"],
};

export const isField = (element) => element.type in KINDS || element.type === "datetimepicker";

const asLocal = (unix) => {
  const at = new Date(unix * 1000);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** A moment: a day and a time in one field. */
function DateTime({ block, element, inInput, describedBy, invalid }) {
  const { disabled, kept, choose } = useElement(block, element, { inInput });
  const unix = kept ? kept.selected_date_time : element.initial_date_time;
  const change = (event) =>
    choose({
      selected_date_time: event.target.value ? Math.floor(new Date(event.target.value) / 1000) : null,
    });
  return html`<input
    class="field"
    type="datetime-local"
    id=${inInput}
    aria-label=${inInput ? undefined : "Date and time"}
    aria-describedby=${describedBy}
    aria-invalid=${invalid}
    disabled=${disabled}
    value=${unix ? asLocal(unix) : ""}
    onChange=${change}
  />`;
}

/** One field; texts may have several lines. */
export function Field(props) {
  const { block, element, inInput, describedBy, invalid } = props;
  const { disabled, kept, choose } = useElement(block, element, { inInput });
  if (element.type === "datetimepicker") return html`<${DateTime} ...${props} />`;
  const [kind, key, initial] = KINDS[element.type];
  const shared = {
    id: inInput,
    class: "field",
    "aria-label": inInput ? undefined : plainWords(element.placeholder ?? { text: kind }),
    "aria-describedby": describedBy,
    "aria-invalid": invalid,
    disabled,
    value: (kept ? kept[key] : element[initial]) ?? "",
    placeholder: element.placeholder && plainWords(element.placeholder),
    maxLength: element.max_length,
  };
  const change = (event) => choose({ [key]: event.target.value || null });
  if (element.multiline) return html`<textarea ...${shared} rows="6" onInput=${change}></textarea>`;
  const numbers =
    kind === "number"
      ? { min: element.min_value, max: element.max_value, step: element.is_decimal_allowed ? "any" : 1 }
      : {};
  return html`<input ...${shared} ...${numbers} type=${kind} onInput=${change} />`;
}
