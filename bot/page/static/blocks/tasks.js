// `task_card` and `plan`: what the app is doing, step by step.
import { classes, html } from "../html.js";
import { SafeLink } from "./mrkdwn.js";
import { RichText } from "./rich_text.js";

const SAID = { pending: "Not started", in_progress: "In progress", complete: "Done", error: "Failed" };
const MARKS = { complete: "✓", error: "!" };

/** A text or a rich text, as the field may hold either. */
const Words = ({ of }) =>
  of?.type === "rich_text" ? html`<${RichText} block=${of} />` : html`<p>${String(of)}</p>`;

/** One step. */
export function Task({ block }) {
  const status = block.status ?? "pending";
  return html`<div class=${classes("task", status)}>
    <span class="task-mark" role="img" aria-label=${SAID[status] ?? status}>${MARKS[status]}</span>
    <div>
      <span class="task-title">${block.title}</span>
      ${block.details && html`<div class="task-more"><${Words} of=${block.details} /></div>`}
      ${block.output && html`<div class="task-more"><${Words} of=${block.output} /></div>`}
      ${
        block.sources?.length > 0 &&
        html`<div class="task-sources">${block.sources.map((s) => html`<${SafeLink} url=${s.url}>${s.text ?? s.url}<//>`)}</div>`
      }
    </div>
  </div>`;
}

/** Several steps under a title. */
export function Plan({ block }) {
  return html`<div class="plan" role="group" aria-label=${block.title}>
    <p class="plan-title">${block.title}</p>
    ${(block.tasks ?? []).map((task) => html`<${Task} key=${task.task_id} block=${task} />`)}
  </div>`;
}
