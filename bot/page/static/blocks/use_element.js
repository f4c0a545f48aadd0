// How an interactive element reaches the server: at once in messages, with the form in modals.
import { useState } from "../html.js";
import { usePlace } from "./context.js";

/**
 * What an element needs: `busy` while an action is under way, `disabled`, `kept` (its state in a
 * form, else undefined) and `choose(state)`, where state is as in Slack's payloads, without
 * type, and nothing for a button.
 * `inInput`: it stands in an input block, which tells nobody before the form is sent unless it asks to.
 */
export function useElement(block, element, { inInput = false, tell = !inInput } = {}) {
  const place = usePlace();
  const [busy, setBusy] = useState(false);
  const kept = place.form?.values[block.block_id]?.[element.action_id];
  const choose = async (state) => {
    if (state) place.form?.set(block.block_id, element.action_id, state);
    if (!tell || place.disabled) return;
    setBusy(true);
    try {
      await place.act(block.block_id, element, state);
    } finally {
      setBusy(false);
    }
  };
  return { busy, disabled: busy || place.disabled, kept, choose, place };
}
