// The app's modals: inputs, errors in their places, one view on top of another.
import { Blocks } from "../blocks/blocks.js";
import { BlockPlace } from "../blocks/context.js";
import { plainWords } from "../blocks/mrkdwn.js";
import { Dialog } from "../dialog.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk } from "../workspace/desk.js";
import { firstState } from "./first_state.js";

/** What the form holds: what was entered, else what each input began with. */
const valuesOf = (view, entered) =>
  Object.fromEntries(
    view.blocks
      .filter((block) => block.type === "input")
      .map((block) => {
        const { action_id } = block.element;
        return [
          block.block_id,
          { [action_id]: entered[block.block_id]?.[action_id] ?? firstState(block.element) },
        ];
      }),
  );

function useForm(view) {
  const [entered, setEntered] = useState({});
  const [errors, setErrors] = useState({});
  const set = (block, action, state) => {
    setEntered((now) => ({ ...now, [block]: { ...now[block], [action]: state } }));
    setErrors(({ [block]: mended, ...others }) => others);
  };
  return { values: entered, set, errors, setErrors, all: () => valuesOf(view, entered) };
}

/** The topmost of the viewer's open modals. */
export function Modal({ view }) {
  const { act, names, server, notice } = useDesk();
  const form = useForm(view);
  const [busy, setBusy] = useState(false);
  const body = useRef(null);
  const [refused, setRefused] = useState(0);

  useEffect(() => {
    body.current.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  }, []);
  // Once for each refusal: whoever mends one field must not be taken to the next while they write.
  useEffect(() => {
    if (refused) body.current.querySelector("[aria-invalid=true], .wrong input")?.focus();
  }, [refused]);

  const close = () => act("close", { view: view.id });
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const done = await act("submit", { view: view.id, values: form.all() });
    setBusy(false);
    if (!done) return;
    form.setErrors(done.errors ?? {});
    if (Object.keys(done.errors ?? {}).length) setRefused((before) => before + 1);
  };
  const place = {
    names,
    form,
    disabled: false,
    act: (block_id, element, chosen) =>
      act("click", { view: view.id, action_id: element.action_id, block_id, chosen }),
    suggest: (block_id, element, text) =>
      act("suggest", { view: view.id, action_id: element.action_id, block_id, text }),
    hold: async (file) => {
      try {
        return await server.hold(file, view.id);
      } catch (error) {
        notice(error.message, "wrong");
        return null;
      }
    },
    open: null,
  };
  const title = plainWords(view.title);
  const general = form.errors[""];
  return html`<${Dialog} label=${title} onClose=${close}>
    <form class="dialog-inside" noValidate onSubmit=${submit}>
      <header class="modal-head">
        ${
          view.previous_view_id &&
          html`<button
          type="button"
          class="button icon"
          aria-label="Back"
          onClick=${close}
        ><${Icon} name="back" /></button>`
        }
        <h2>${title}</h2>
        <button
          type="button"
          class="button icon"
          aria-label="Close"
          onClick=${() => act("close", { view: view.id, clear: true })}
        ><${Icon} name="close" /></button>
      </header>
      <div
        ref=${body}
        class="modal-body"
        tabindex="-1"
      ><${BlockPlace.Provider} value=${place}><${Blocks} blocks=${view.blocks} /><//></div>
      ${general && html`<p class="modal-error error" role="alert">${general}</p>`}
      <footer class="modal-foot">
        <button
          type="button"
          class="button"
          onClick=${close}
        >${plainWords(view.close ?? { text: view.submit ? "Cancel" : "Close" })}</button>
        ${
          view.submit &&
          html`<button
          type="submit"
          class="button primary"
          aria-busy=${busy}
          disabled=${busy}
        >${busy ? "Sending…" : plainWords(view.submit)}</button>`
        }
      </footer>
    </form>
  <//>`;
}
