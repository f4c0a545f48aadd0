// The app's home tab.
import { Blocks } from "../blocks/blocks.js";
import { BlockPlace } from "../blocks/context.js";
import { html, useMemo } from "../html.js";
import { useDesk, useNow } from "../workspace/desk.js";

export function Home() {
  const { state } = useNow();
  const { act, names, go } = useDesk();
  const { home } = state;
  const place = useMemo(
    () => ({
      names,
      form: null,
      disabled: false,
      act: (block_id, element, chosen) =>
        act("click", { view: home.id, action_id: element.action_id, block_id, chosen }),
      suggest: (element, text) => act("suggest", { view: home.id, action_id: element.action_id, text }),
      open: (kind, id) => go({ in: id, tab: null }),
    }),
    [home],
  );
  return html`<div class="home" role="tabpanel" id="app-panel" aria-labelledby="tab-home" tabindex="0">
    ${
      home
        ? html`<${BlockPlace.Provider} value=${place}><${Blocks} blocks=${home.blocks} /><//>`
        : html`<p
      class="reading"
      role="status"
    >The app has not shown its home yet.</p>`
    }
  </div>`;
}
