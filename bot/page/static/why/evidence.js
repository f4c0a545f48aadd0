// What the answer rests on: each sentence with its check, and the passages that were found.
import { classes, html } from "../html.js";
import { Icon } from "../icons.js";
import { linkable } from "../blocks/addresses.js";
import { percent } from "./words.js";

/** A share as a short bar with its figure. */
export function Meter({ share, label, look = "" }) {
  return html`<span class=${classes("meter", look)} role="img" aria-label=${`${label}: ${percent(share)}`}>
    <i style=${{ width: `${Math.round(share * 100)}%` }}></i>
  </span>`;
}

const Marks = ({ numbers }) => numbers.map((n) => html`<span key=${n} class="mark-number">${n}</span>`);

/** quoted: the writer quotes word for word, so that no other check was needed. */
export function Sentences({ sentences, quoted }) {
  if (!sentences.length) return html`<p class="muted">No sentence was written.</p>`;
  return html`<ol class="sentences">
    ${sentences.map((sentence, at) => {
      const passed = sentence.supported;
      const verdict = !passed ? "Not supported" : quoted ? "Word for word in its passage" : "Supported";
      return html`<li
        key=${at}
        class=${classes("sentence", passed ? "passed" : "dropped", !sentence.shown && "unseen")}
      >
        <span class="check" role="img" aria-label=${verdict}>${passed ? "✓" : "✕"}</span>
        <div>
          <p class="sentence-words">${sentence.text} <${Marks} numbers=${sentence.citations} /></p>
          <p class="sentence-verdict">
            ${
              sentence.support != null &&
              html`<${Meter}
              share=${sentence.support}
              label="Support"
              look=${passed ? "good" : "danger"}
            /><b>${percent(sentence.support)}</b>`
            }
            <span>${verdict}${!sentence.shown && ", not shown"}${sentence.why && !(quoted && passed) && `: ${sentence.why}`}</span>
          </p>
        </div>
      </li>`;
    })}
  </ol>`;
}

/** The passage with what is cited of it marked; each span once, in order. */
function highlighted(text, snippets) {
  const spans = snippets
    .map((snippet) => ({ from: text.indexOf(snippet), to: text.indexOf(snippet) + snippet.length }))
    .filter(({ from, to }) => from >= 0 && to > from)
    .sort((one, other) => one.from - other.from);
  const made = [];
  let at = 0;
  for (const { from, to } of spans) {
    if (from < at) continue;
    made.push(text.slice(at, from), html`<mark>${text.slice(from, to)}</mark>`);
    at = to;
  }
  return [...made, text.slice(at)];
}

function Passage({ passage, citations, open }) {
  const snippets = citations.filter((c) => c.chunk_id === passage.chunk_id).map((c) => c.snippet);
  const href = passage.url && linkable(passage.url);
  const name = passage.title || passage.document_name;
  return html`<li class=${classes("passage", passage.cited_as.length && "cited")}>
    <details open=${open}>
      <summary>
        <span class="rank">${passage.rank}</span>
        <span class="passage-name">
          <b>${name}</b>
          <small>${passage.document_name}${passage.page ? `, page ${passage.page}` : ""}</small>
        </span>
        <span class="passage-score"><${Meter}
          share=${Math.min(passage.score, 1)}
          label="Score"
        /><span>${passage.score.toFixed(2)}</span></span>
        <span class="passage-marks"><${Marks} numbers=${passage.cited_as} /></span>
        <${Icon} name="chevron" size=${16} />
      </summary>
      <div class="passage-text">
        ${passage.text == null ? html`<p class="muted">This passage is not in the index any more.</p>` : html`<p>${highlighted(passage.text, snippets)}</p>`}
        <p class="muted">
          Who may read it: ${passage.audience.join(", ") || "unknown"}${
            href &&
            html` · <a
            href=${href}
            target="_blank"
            rel="noopener noreferrer nofollow"
          >Open the document</a>`
          }
        </p>
      </div>
    </details>
  </li>`;
}

export function Passages({ passages, citations }) {
  if (!passages.length) return html`<p class="muted">No passage was found.</p>`;
  const first = passages.find((p) => p.cited_as.length);
  return html`<ol class="passages">
    ${passages.map(
      (passage) => html`<${Passage}
      key=${passage.chunk_id}
      passage=${passage}
      citations=${citations}
      open=${passage === first}
    />`,
    )}
  </ol>`;
}
