// What the app says it is doing, with a way to stop it.
import { html, useEffect, useState } from "../html.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { statusIn } from "../workspace/changes.js";

/** Gone by itself when its time is over. */
export function Status({ channel, threadTs }) {
  const { act } = useDesk();
  const { state } = useNow();
  const [, tick] = useState(0);
  const status = statusIn(state, channel, threadTs);
  const left = status?.until ? status.until * 1000 - Date.now() : 0;
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => tick((n) => n + 1), left);
    return () => clearTimeout(timer);
  }, [status]);
  if (!status || (left <= 0 && status.session !== "processing")) return null;
  const words = (left > 0 && status.text) || "is answering…";
  return html`<div class="status" role="status">
    <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
    <span><b>${state.workspace.app.name}</b> ${words}</span>
    ${
      status.session === "processing" &&
      html`<button
      type="button"
      class="button quiet"
      onClick=${() => act("stop", { channel, thread_ts: threadTs })}
    >Stop</button>`
    }
  </div>`;
}
