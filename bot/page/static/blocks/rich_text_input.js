// A text with bold, lists, quotes and code, typed with their marks.
import { html, useState } from "../html.js";
import { plainWords } from "./mrkdwn.js";
import { fromRich, toRich } from "./rich_text_value.js";
import { useElement } from "./use_element.js";

export function RichTextInput({ block, element, inInput, describedBy, invalid }) {
  const { disabled, kept, choose } = useElement(block, element, { inInput });
  const [text, setText] = useState(() => fromRich(kept?.rich_text_value ?? element.initial_value));
  const marks = `${inInput}-marks`;
  const change = (event) => {
    setText(event.target.value);
    choose({ rich_text_value: toRich(event.target.value) });
  };
  return html`<textarea
      id=${inInput}
      class="field"
      rows="5"
      aria-describedby=${describedBy ? `${marks} ${describedBy}` : marks}
      aria-invalid=${invalid}
      disabled=${disabled}
      placeholder=${element.placeholder && plainWords(element.placeholder)}
      value=${text}
      onInput=${change}
    ></textarea>
    <p class="hint marks" id=${marks}>
      <b>*bold*</b> <i>_italic_</i> <s>~struck~</s> <code>\`code\`</code> - list 1. numbers > quote
    </p>`;
}
