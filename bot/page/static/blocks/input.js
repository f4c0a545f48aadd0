// `input`: a labelled control of a form, with its hint and what is wrong with it.
import { classes, html } from "../html.js";
import { usePlace } from "./context.js";
import { Element, isGroup } from "./element.js";
import { plainWords } from "./mrkdwn.js";

/** One input block; an error stands below the control and is tied to it. */
export function Input({ block }) {
  const { form } = usePlace();
  const id = `input-${block.block_id}`;
  const error = form?.errors?.[block.block_id];
  const notes = classes(block.hint && `${id}-hint`, error && `${id}-error`) || undefined;
  const label = html`${plainWords(block.label)}${block.optional && html` <span class="optional">(optional)</span>`}`;
  const group = isGroup(block.element);
  return html`<div class=${classes("input", error && "wrong")}>
    ${
      group
        ? html`<div
      class="input-label"
      aria-hidden="true"
    >${label}</div>`
        : html`<label class="input-label" for=${id}>${label}</label>`
    }
    <${Element}
      block=${block}
      element=${block.element}
      inInput=${id}
      tell=${Boolean(block.dispatch_action)}
      legend=${plainWords(block.label)}
      describedBy=${notes}
      invalid=${Boolean(error)}
    />
    ${block.hint && html`<p class="hint" id=${`${id}-hint`}>${plainWords(block.hint)}</p>`}
    ${error && html`<p class="error" id=${`${id}-error`} role="alert">${error}</p>`}
  </div>`;
}
