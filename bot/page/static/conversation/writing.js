// The compose box of a channel or thread: sends messages, commands and files.
import { Composer } from "../compose/composer.js";
import { draftPlace } from "../compose/drafts.js";
import { useKnown } from "../compose/known.js";
import { toWire } from "../compose/wire_text.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { Menu } from "../menu.js";
import { useDesk, useNow } from "../workspace/desk.js";

function Shortcuts() {
  const { act } = useDesk();
  const { state } = useNow();
  const { app } = state.workspace;
  const items = app.shortcuts
    .filter((s) => s.type === "global")
    .map((s) => ({
      label: s.name,
      detail: s.description || app.name,
      run: () => act("shortcut", { callback_id: s.callback_id }),
    }));
  if (!items.length) return null;
  return html`<${Menu} label="Shortcuts" items=${items} look="button icon quiet"><${Icon} name="bolt" /><//>`;
}

/** threadTs: "" for the channel itself. files: `[list, setList]`. */
export function Writing({ channel, threadTs = "", label, placeholder, files, focus = false }) {
  const { act, server, notice, go } = useDesk();
  const { state } = useNow();
  const known = useKnown();
  const thread_ts = threadTs || undefined;

  // A question by mention is answered in its thread: that is where the asker wants to look.
  const asksApp = (wire) =>
    channel.name && channel.has_app && wire.includes(`<@${state.workspace.app.user}>`) && innerWidth > 860;
  const upload = async (text, list) => {
    try {
      for (const [at, file] of list.entries()) {
        await server.upload(file, { channel: channel.id, thread_ts, text: at ? undefined : text });
      }
      return true;
    } catch (error) {
      notice(error.message, "wrong");
      return false;
    }
  };
  const send = async (text, list) => {
    if (!threadTs && text.startsWith("/")) {
      const done = await act("command", { channel: channel.id, line: text });
      return Boolean(done);
    }
    const wire = toWire(text, known);
    if (list.length) return upload(wire, list);
    const said = await act("say", { channel: channel.id, text: wire, thread_ts });
    if (said && !threadTs && asksApp(wire)) go({ thread: said.ts, why: null, panel: null });
    return Boolean(said);
  };
  if (channel.archived)
    return html`<p class="closed-note">This channel is archived: it can be read, nothing can be written.</p>`;
  return html`<${Composer}
    key=${`${channel.id} ${threadTs}`}
    id=${threadTs ? "reply-box" : "message-box"}
    label=${label}
    placeholder=${placeholder}
    known=${threadTs ? { ...known, commands: null } : known}
    onSend=${send}
    files=${files}
    draft=${draftPlace(state.viewer, channel.id, threadTs)}
    focus=${focus}
    extra=${!threadTs && html`<${Shortcuts} />`}
  />`;
}

/** Drop and drag-over of files onto an area: `[props, dragging]`. */
export function dropArea([list, setList], dragging, setDragging) {
  return {
    onDragOver: (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      if (!dragging) setDragging(true);
    },
    onDragLeave: (event) => !event.currentTarget.contains(event.relatedTarget) && setDragging(false),
    onDrop: (event) => {
      event.preventDefault();
      setDragging(false);
      setList([...list, ...event.dataTransfer.files]);
    },
  };
}
