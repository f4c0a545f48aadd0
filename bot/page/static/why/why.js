// "What happened": how one answer was made, from the trace that is kept of it.
import { html, useEffect, useState } from "../html.js";
import { Icon } from "../icons.js";
import { Panel } from "../panels/panel.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { Passages, Sentences } from "./evidence.js";
import { Timeline } from "./timeline.js";
import { Case, Cost, Decision, Verdict } from "./verdict.js";
import { duration } from "./words.js";

const Part = ({ title, note, children }) =>
  html`<section class="why-part"><h3>${title}</h3>${note && html`<p class="muted">${note}</p>`}${children}</section>`;

/** Reads the explanation, again whenever the message changes. */
function useExplanation(channel, ts) {
  const { server } = useDesk();
  const { state } = useNow();
  const message = state.rooms[channel]?.messages.get(ts);
  const [told, setTold] = useState(null);
  const [failed, setFailed] = useState("");
  useEffect(() => {
    let gone = false;
    server.read("explain", { channel, ts }).then(
      (read) => gone || (setTold(read), setFailed("")),
      (error) => gone || setFailed(error.message),
    );
    return () => {
      gone = true;
    };
  }, [channel, ts, message]);
  return [told, failed];
}

function Explanation({ told }) {
  const quoted = told.checked_by === "quoted";
  const dropped = told.sentences.filter((s) => !s.supported).length;
  const checks = quoted
    ? "The writer only quotes: each sentence stands word for word in its passage."
    : `Each sentence was checked against its passage before it was shown${dropped ? `; ${dropped} did not pass` : ""}.`;
  const again =
    told.repeated_ms !== null &&
    `The same was asked before, and nothing that the answer hangs on has changed: it was given again in ${duration(told.repeated_ms)}. This is how it was made then.`;
  return html`<${Verdict} told=${told} />
    <blockquote class="asked">${told.question.text}</blockquote>
    <${Part} title="Stages" note=${again}><${Timeline} stages=${told.stages} total=${told.total_ms} /><//>
    <${Part}
      title="Sentences and their checks"
      note=${told.sentences.length ? checks : ""}
    ><${Sentences} sentences=${told.sentences} quoted=${quoted} /><//>
    <${Part}
      title="Passages found"
      note="The best passage of each document, by score. Press one to read it; what the answer cites is marked."
    >
      <${Passages} passages=${told.passages} citations=${told.citations} />
    <//>
    <${Part} title="Decision"><${Decision} told=${told} /><//>
    ${told.case && html`<${Part} title="The case"><${Case} told=${told} /><//>`}
    <${Part} title="Cost"><${Cost} told=${told} /><//>
    <p class="fine">Trace <code>${told.trace_id}</code><br />Fingerprint <code>${told.fingerprint}</code></p>`;
}

/** backTo: whether a thread lies behind it. */
export function Why({ channel, ts, backTo }) {
  const { go } = useDesk();
  const [told, failed] = useExplanation(channel.id, ts);
  const close = () => go({ why: null });
  const body = told
    ? html`<${Explanation} told=${told} />`
    : html`<p class="reading" role="status">${failed || "Reading the trace…"}</p>`;
  const back =
    backTo &&
    html`<button
      type="button"
      class="button quiet"
      onClick=${close}
    ><${Icon} name="back" size=${16} />Thread</button>`;
  return html`<${Panel}
    title="What happened"
    detail="How this answer was made"
    kind="why"
    onClose=${() => go({ why: null, thread: null })}
    actions=${back}
  >
    <div class="panel-body" tabindex="0" role="region" aria-label="Explanation">${body}</div>
  <//>`;
}
