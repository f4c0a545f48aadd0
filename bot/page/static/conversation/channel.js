// A channel or direct message: its head, messages, and the compose box.
import { html, useEffect, useMemo, useState } from "../html.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { isAppChannel, titleOf } from "../workspace/names.js";
import { EMPTY_ROOM, rootsOf } from "../workspace/rooms.js";
import { Beginning } from "./beginning.js";
import { ChannelHead } from "./channel_head.js";
import { Home } from "./home.js";
import { MessageList } from "./message_list.js";
import { Prompts } from "./prompts.js";
import { Status } from "./status.js";
import { Writing, dropArea } from "./writing.js";

/** Reads the newest messages, and tells the server what was seen. */
function useRoom(channel) {
  const { read, act } = useDesk();
  const { state } = useNow();
  const room = state.rooms[channel.id] ?? EMPTY_ROOM;
  useEffect(() => {
    if (!room.loaded) read.channel(channel.id).catch(() => {});
  }, [channel.id, room.loaded]);
  useEffect(() => {
    const seen = () =>
      document.visibilityState === "visible" && channel.unread > 0 && act("read", { channel: channel.id });
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [channel.id, channel.unread]);
  return room;
}

function Messages({ channel }) {
  const { read } = useDesk();
  const { state } = useNow();
  const room = useRoom(channel);
  const files = useState([]);
  const [dragging, setDragging] = useState(false);
  const roots = useMemo(() => rootsOf(room), [room]);
  const title = titleOf(channel, state);
  const named = channel.name ? `#${title}` : title;
  const older = room.more ? () => read.older(channel.id).catch(() => {}) : null;
  return html`<div class="conversation" ...${dropArea(files, dragging, setDragging)}>
    ${dragging && html`<div class="drop-note">Drop files to send them to ${named}</div>`}
    ${
      room.loaded
        ? html`<${MessageList}
          key=${channel.id}
          label=${`Messages in ${named}`}
          messages=${roots}
          older=${older}
          head=${html`<${Beginning} channel=${channel} empty=${!roots.length} />`}
          foot=${html`<${Status} channel=${channel.id} threadTs="" />`}
        />`
        : html`<div class="scroller"><p class="reading" role="status">Reading messages…</p></div>`
    }
    <${Prompts} channel=${channel} empty=${room.loaded && !roots.length} />
    <${Writing}
      channel=${channel}
      label=${`Message ${named}`}
      placeholder=${placeholder(channel, named, state)}
      files=${files}
      focus=${innerWidth > 860}
    />
  </div>`;
}

const placeholder = (channel, named, state) =>
  isAppChannel(channel, state) || !channel.has_app
    ? `Message ${named}`
    : `Message ${named}, or ask @${state.people[state.workspace.app.user]?.name}`;

/** What fills the middle of the page. */
export function Channel({ channel }) {
  const { state, place } = useNow();
  const { act } = useDesk();
  const isApp = isAppChannel(channel, state);
  const tab = place.tab ?? "messages";
  useEffect(() => {
    if (isApp) act("open_home", { tab });
  }, [isApp, tab, channel.id]);
  return html`<main class="pane main" id="main" aria-label=${titleOf(channel, state)}>
    <${ChannelHead} channel=${channel} isApp=${isApp} tab=${tab} />
    ${isApp && tab === "home" ? html`<${Home} />` : html`<${Messages} channel=${channel} />`}
  </main>`;
}
