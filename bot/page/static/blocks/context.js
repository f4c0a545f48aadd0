// What blocks need from the place in which they stand.
import { createContext, html, useContext } from "../html.js";

/**
 * names: `{user(id), channel(id), group(id)}` -> what to show.
 * act(blockId, element, chosen): tells the server that an element was used; a promise.
 * suggest(blockId, element, text): a promise of an external select's options.
 * hold(file): uploads a file for a form; a promise of `{id, name}`, null where that failed.
 * form: a modal's `{values, set(blockId, actionId, state), errors}`; null in messages.
 * pressed: by action id, the feedback that the viewer gave; may be absent.
 * disabled: whether nothing may be used (a preview).
 * open(kind, id): shows a person or channel; may be null.
 */
export const BlockPlace = createContext({
  names: { user: (id) => id, channel: (id) => id, group: (id) => id },
  act: async () => {},
  suggest: async () => null,
  hold: async () => null,
  form: null,
  disabled: false,
  open: null,
});

export const usePlace = () => useContext(BlockPlace);

/** A live mention of a person, group or everybody. */
export function Mention({ kind, id }) {
  const { names, open } = usePlace();
  const words = kind === "channel" ? `#${names.channel(id)}` : `@${kind === "range" ? id : names[kind](id)}`;
  if (kind === "channel" && open) {
    return html`<button type="button" class="mention" onClick=${() => open("channel", id)}>${words}</button>`;
  }
  return html`<span class="mention">${words}</span>`;
}
