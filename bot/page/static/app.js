// The page: who acts and where, the three panes, and what lies above them.
import { Dialog } from "./dialog.js";
import { Channel } from "./conversation/channel.js";
import { html, render, useEffect, useMemo, useRef, useState } from "./html.js";
import { Announcer, useNotices } from "./notices.js";
import { Faults } from "./panels/faults.js";
import { Members } from "./panels/members.js";
import { Modal } from "./panels/modal.js";
import { Thread } from "./panels/thread.js";
import { Sidebar } from "./side/sidebar.js";
import { Switcher } from "./side/switcher.js";
import { Why } from "./why/why.js";
import { Desk, Now } from "./workspace/desk.js";
import { placeOfPermalink, usePlaceInAddress } from "./workspace/location.js";
import { isAppChannel, makeNames } from "./workspace/names.js";
import { useTheme } from "./workspace/theme.js";
import { useWorkspace } from "./workspace/use_workspace.js";

/** The channel to begin in: the first named one with the app in it, else the first. */
const firstChannel = (state) =>
  state.channels.find((c) => c.name && c.has_app && !c.archived) ??
  state.channels.find((c) => isAppChannel(c, state)) ??
  state.channels[0];

/** Links to messages of this workspace are moves in the page. */
function useInnerLinks(go) {
  useEffect(() => {
    const pressed = (event) => {
      const link = event.target.closest?.("a[href]");
      const inner = link && placeOfPermalink(link.href);
      if (!inner || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      go(inner);
    };
    document.addEventListener("click", pressed);
    return () => document.removeEventListener("click", pressed);
  }, []);
}

function useShortcutKey(letter, run) {
  useEffect(() => {
    const pressed = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== letter) return;
      event.preventDefault();
      run();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function useDeskOf({ server, read, current, notice, go, ask, openMembers }) {
  return useMemo(() => {
    const act = async (name, fields) => {
      try {
        const given = await server.act(name, fields);
        if (given.acked === false && !Object.keys(given.errors ?? {}).length)
          notice(`${current().workspace.app.name} did not respond. Try again.`, "wrong");
        return given;
      } catch (error) {
        notice(error.message, "wrong");
        return null;
      }
    };
    return { server, read, current, notice, go, ask, act, openMembers, names: makeNames(current) };
  }, [server]);
}

function SidePanel({ channel, place }) {
  if (place.panel === "faults") return html`<${Faults} />`;
  if (!channel) return null;
  if (place.why)
    return html`<${Why} key=${place.why} channel=${channel} ts=${place.why} backTo=${Boolean(place.thread)} />`;
  if (place.thread) return html`<${Thread} key=${place.thread} channel=${channel} ts=${place.thread} />`;
  return null;
}

function Ask({ asked, onClose }) {
  const yes = () => {
    onClose();
    asked.run();
  };
  return html`<${Dialog} label=${asked.title} onClose=${onClose} kind="small">
    <h2>${asked.title}</h2>
    <p>${asked.text}</p>
    <div class="dialog-buttons">
      <button type="button" class="button" onClick=${onClose}>Cancel</button>
      <button type="button" class="button danger" onClick=${yes}>${asked.yes}</button>
    </div>
  <//>`;
}

/** The whole page of one viewer. */
function Workspace({ viewer, place, go, onViewer }) {
  const { state, linked, failed, server, read, current } = useWorkspace(viewer);
  const [notices, notice] = useNotices();
  const [theme, toggleTheme] = useTheme();
  const [jumping, setJumping] = useState(false);
  const [asked, ask] = useState(null);
  const [membersOf, openMembers] = useState("");
  const moves = useRef(go);
  moves.current = go;
  const desk = useDeskOf({
    server,
    read,
    current,
    notice,
    ask,
    openMembers,
    go: (...given) => moves.current(...given),
  });
  useInnerLinks(desk.go);
  useShortcutKey("k", () => setJumping(true));
  const channel = state?.channels.find((c) => c.id === place.in) ?? (state && firstChannel(state));

  useEffect(() => {
    if (!state) return;
    onViewer(state.viewer);
    if (place.as !== state.viewer || place.in !== channel?.id)
      go({ as: state.viewer, in: channel?.id }, { replace: true });
  }, [state?.viewer, channel?.id, place.in]);
  useEffect(() => {
    if (state && channel)
      document.title = `${channel.name ? `#${channel.name}` : state.workspace.app.name} · ${state.workspace.name}`;
  }, [channel?.id, Boolean(state)]);

  if (failed)
    return html`<div class="alone" role="alert"><h1>The workspace cannot be opened</h1><p>${failed.message}</p><button
      type="button"
      class="button primary"
      onClick=${() => location.reload()}
    >Try again</button></div>`;
  if (!state) return html`<div class="alone" role="status"><p>Opening the workspace…</p></div>`;

  const now = { state, place };
  const panel = html`<${SidePanel} channel=${channel} place=${place} />`;
  const paneOpen = place.panel || (channel && (place.why || place.thread));
  const front = place.list ? "side" : paneOpen ? "panel" : "main";
  const modal = state.modals.at(-1);
  const shownMembers = membersOf && state.channels.find((c) => c.id === membersOf);
  return html`<${Desk.Provider} value=${desk}><${Now.Provider} value=${now}>
    <a
      class="skip"
      href="#main"
      onClick=${(event) => (event.preventDefault(), document.querySelector("#message-box")?.focus())}
    >To the message box</a>
    <div class="page" data-front=${front} data-panel=${paneOpen ? "open" : "closed"}>
      <${Sidebar}
        inId=${channel?.id}
        theme=${theme}
        toggleTheme=${toggleTheme}
        openSwitcher=${() => setJumping(true)}
      />
      ${channel ? html`<${Channel} channel=${channel} />` : html`<main class="pane main"><p class="reading">You are in no channel.</p></main>`}
      ${panel}
    </div>
    ${!linked && html`<p class="offline" role="alert">The connection is lost. Trying again…</p>`}
    ${modal && html`<${Modal} key=${modal.id} view=${modal} />`}
    ${jumping && html`<${Switcher} onClose=${() => setJumping(false)} />`}
    ${asked && html`<${Ask} asked=${asked} onClose=${() => ask(null)} />`}
    ${shownMembers && html`<${Members} channel=${shownMembers} onClose=${() => openMembers("")} />`}
    ${notices}
    <${Announcer} key=${channel?.id} room=${state.rooms[channel?.id]} state=${state} />
  <//><//>`;
}

function Page() {
  const [place, go] = usePlaceInAddress();
  // An address that names nobody gets the first person's name without opening the page twice.
  const given = useRef("");
  const viewer = place.as && place.as !== given.current ? place.as : "";
  const onViewer = (id) => {
    if (!viewer) given.current = id;
  };
  return html`<${Workspace} key=${viewer} viewer=${viewer} place=${place} go=${go} onViewer=${onViewer} />`;
}

render(html`<${Page} />`, document.getElementById("page"));
