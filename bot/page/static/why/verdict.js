// How it ended and why: outcome, confidence, reasons, triage, rights, cost.
import { html } from "../html.js";
import { useDesk } from "../workspace/desk.js";
import { fullDate } from "../blocks/dates.js";
import { OUTCOMES, audienceWords, dollars, duration, percent } from "./words.js";

const ROUND = 2 * Math.PI * 26;

/** The confidence as a ring. */
function Ring({ share }) {
  return html`<svg
    class="ring"
    viewBox="0 0 64 64"
    width="64"
    height="64"
    role="img"
    aria-label=${`Confidence ${percent(share)}`}
  >
    <circle cx="32" cy="32" r="26" class="ring-ground" />
    <circle
      cx="32"
      cy="32"
      r="26"
      class="ring-share"
      stroke-dasharray=${`${share * ROUND} ${ROUND}`}
      transform="rotate(-90 32 32)"
    />
    <text x="32" y="37" text-anchor="middle">${Math.round(share * 100)}%</text>
  </svg>`;
}

export function Verdict({ told }) {
  const { title, text, look } = OUTCOMES[told.outcome] ?? { title: told.outcome, text: "", look: "muted" };
  const tokens = told.usage.prompt_tokens + told.usage.completion_tokens;
  return html`<section class=${`verdict ${look}`}>
    <${Ring} share=${told.confidence} />
    <div>
      <p class="verdict-title">${title}</p>
      <p class="muted">${text}</p>
      <ul class="figures">
        <li><b>${duration(told.total_ms)}</b> in all</li>
        <li><b>${dollars(told.usage.cost_usd)}</b>${tokens ? `, ${tokens.toLocaleString()} tokens` : ", no model asked"}</li>
      </ul>
    </div>
  </section>`;
}

const sure = (share) => (share == null ? "" : ` (${percent(share)})`);

export function Decision({ told }) {
  const { names } = useDesk();
  const { triage } = told;
  return html`<div>
    <ul class="reasons">
      ${told.reasons.map((reason) => html`<li key=${reason.code}><code>${reason.code}</code><span>${reason.text}</span></li>`)}
      ${!told.reasons.length && html`<li><span>Nothing spoke against it: in scope, answerable from what may be read here, and every sentence supported.</span></li>`}
    </ul>
    <dl class="facts">
      <div><dt>Confidence</dt><dd>${percent(told.confidence)} that the documents answer it and the draft says so</dd></div>
      <div><dt>A person needed</dt><dd>${told.needs_human_review ? "yes" : "no"}</dd></div>
      ${triage.category && html`<div><dt>Sorted as</dt><dd>${triage.category}${sure(triage.category_confidence)}${triage.priority && `, ${triage.priority} priority${sure(triage.priority_confidence)}`}</dd></div>`}
      <div><dt>May use here</dt><dd>${told.audience.map((tag) => audienceWords(tag, names)).join("; ") || "nothing"}</dd></div>
    </dl>
    ${told.next_steps.length > 0 && html`<p class="label">What a person should do</p><ol class="steps">${told.next_steps.map((step) => html`<li key=${step}>${step}</li>`)}</ol>`}
  </div>`;
}

export function Cost({ told }) {
  const { usage } = told;
  const rows = [
    ["Writer", told.writer === "extractive" ? "the documents' own sentences" : told.writer],
    ["Prompt tokens", usage.prompt_tokens.toLocaleString()],
    ["Completion tokens", usage.completion_tokens.toLocaleString()],
    ["Embedding tokens", usage.embedding_tokens.toLocaleString()],
    ["Cost", dollars(usage.cost_usd)],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** The case that people work on, step by step. */
export function Case({ told }) {
  const { names } = useDesk();
  const { state, owner, history = [] } = told.case;
  return html`<div>
    <p>${state}${owner ? `, with ${names.user(owner)}` : ""}</p>
    <ol class="history">
      ${history.map((step, at) => html`<li key=${at}><b>${step.what}</b>${step.by && ` by ${names.user(step.by)}`} <span class="muted">${fullDate(Date.parse(step.at))}</span></li>`)}
    </ol>
  </div>`;
}
