// The stages of an answer, each a bar where it began and as long as it took.
import { html } from "../html.js";
import { STAGES, duration } from "./words.js";

/** Where each stage begins; the rest of the total is what lay between. */
function laidOut(stages, total) {
  let at = 0;
  const rows = stages.map((stage) => {
    const row = { ...stage, at };
    at += stage.ms;
    return row;
  });
  const rest = total - at;
  return rest > total * 0.02 && rest > 0.5
    ? [...rows, { stage: "other", ms: rest, at, says: "Reading and saving, and waiting for the processor." }]
    : rows;
}

export function Timeline({ stages, total }) {
  const whole = Math.max(
    total,
    stages.reduce((sum, s) => sum + s.ms, 0),
    0.001,
  );
  return html`<ol class="timeline" aria-label=${`Stages, ${duration(total)} in all`}>
    ${laidOut(stages, whole).map(
      ({ stage, ms, at, says }) => html`<li key=${stage} class=${ms > 0 ? "" : "skipped"}>
        <span class="stage-name">${STAGES[stage] ?? stage}</span>
        <span class="stage-track" aria-hidden="true">
          <i
            class=${`stage-bar ${stage}`}
            style=${{ left: `${Math.min((at / whole) * 100, 99)}%`, width: `${Math.max((ms / whole) * 100, ms > 0 ? 1 : 0)}%` }}
          ></i>
        </span>
        <span class="stage-time">${ms > 0 ? duration(ms) : "not run"}</span>
        ${says && html`<span class="stage-says">${says}</span>`}
      </li>`,
    )}
  </ol>`;
}
