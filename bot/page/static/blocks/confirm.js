// Asks before an element with a `confirm` object is carried out.
import { Dialog } from "../dialog.js";
import { html, useState } from "../html.js";
import { Text, plainWords } from "./mrkdwn.js";

/** `[run, dialog]`: `run(confirm, go)` goes at once without a confirm object, else after a yes. */
export function useConfirm() {
  const [asked, setAsked] = useState(null);
  const run = (confirm, go) => (confirm ? setAsked({ confirm, go }) : go());
  if (!asked) return [run, null];
  const { confirm, go } = asked;
  const close = () => setAsked(null);
  const yes = () => {
    close();
    go();
  };
  const kind = confirm.style === "danger" ? "danger" : "primary";
  const dialog = html`<${Dialog} label=${plainWords(confirm.title)} onClose=${close} kind="small">
    <h2>${plainWords(confirm.title)}</h2>
    <${Text} of=${confirm.text} />
    <div class="dialog-buttons">
      <button type="button" class="button" onClick=${close}>${plainWords(confirm.deny ?? { text: "Cancel" })}</button>
      <button
        type="button"
        class=${`button ${kind}`}
        onClick=${yes}
      >${plainWords(confirm.confirm ?? { text: "Yes" })}</button>
    </div>
  <//>`;
  return [run, dialog];
}
