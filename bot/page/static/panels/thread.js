// A thread: its root, the replies, and a box to go on.
import { html, useEffect, useMemo, useState } from "../html.js";
import { MessageList } from "../conversation/message_list.js";
import { Status } from "../conversation/status.js";
import { Writing, dropArea } from "../conversation/writing.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { titleOf } from "../workspace/names.js";
import { EMPTY_ROOM, threadOf } from "../workspace/rooms.js";
import { Panel } from "./panel.js";

export function Thread({ channel, ts }) {
  const { read, go } = useDesk();
  const { state } = useNow();
  const room = state.rooms[channel.id] ?? EMPTY_ROOM;
  const known = room.threads[ts];
  const files = useState([]);
  const [dragging, setDragging] = useState(false);
  const { root, replies } = useMemo(() => threadOf(room, ts), [room, ts]);
  useEffect(() => {
    if (!known) read.thread(channel.id, ts).catch(() => {});
  }, [channel.id, ts, Boolean(known)]);
  const title = titleOf(channel, state);
  const messages = root ? [root, ...replies] : replies;
  const older = known?.more ? () => read.olderReplies(channel.id, ts).catch(() => {}) : null;
  const foot = html`<${Status} channel=${channel.id} threadTs=${ts} />`;
  return html`<${Panel}
    title="Thread"
    detail=${channel.name ? `#${title}` : title}
    kind="thread"
    onClose=${() => go({ thread: null })}
  >
    <div class="conversation" ...${dropArea(files, dragging, setDragging)}>
      ${dragging && html`<div class="drop-note">Drop files to send them to this thread</div>`}
      ${
        known
          ? html`<${MessageList}
        key=${ts}
        label="Messages in the thread"
        messages=${messages}
        older=${older}
        inThread=${true}
        foot=${foot}
      />`
          : html`<div class="scroller"><p class="reading" role="status">Reading the thread…</p></div>`
      }
      <${Writing}
        channel=${channel}
        threadTs=${ts}
        label="Reply in thread"
        placeholder="Reply…"
        files=${files}
        focus=${innerWidth > 860}
      />
    </div>
  <//>`;
}
