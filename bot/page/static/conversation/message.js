// One message: who, when, what, its files, reactions, thread and the tools on it.
import { Avatar } from "../avatar.js";
import { Blocks } from "../blocks/blocks.js";
import { BlockPlace } from "../blocks/context.js";
import { clockTime, fullDate, msOf } from "../blocks/dates.js";
import { Markdown } from "../blocks/markdown.js";
import { Mrkdwn } from "../blocks/mrkdwn.js";
import { Composer } from "../compose/composer.js";
import { fromWire, toWire } from "../compose/wire_text.js";
import { classes, html, memo, useMemo } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk } from "../workspace/desk.js";
import { Files } from "./files.js";
import { Reactions } from "./reactions.js";
import { Tools } from "./tools.js";

/** The person who wrote it; somebody whom the viewer does not know is named by id. */
const authorOf = (message, state) =>
  state.people[message.user] ?? {
    id: message.user,
    name: message.user,
    real_name: message.user,
    is_bot: Boolean(message.bot_id),
  };

/** The contents: blocks where there are any, else the text. */
function Body({ message }) {
  const { act, names, go } = useDesk();
  const place = useMemo(
    () => ({
      names,
      form: null,
      pressed: message.my_feedback,
      disabled: message.streaming === "in_progress",
      act: (block_id, element, chosen) =>
        act("click", {
          channel: message.channel,
          ts: message.ts,
          action_id: element.action_id,
          block_id,
          chosen,
        }),
      suggest: (block_id, element, text) =>
        act("suggest", {
          channel: message.channel,
          ts: message.ts,
          action_id: element.action_id,
          block_id,
          text,
        }),
      open: (kind, id) => go({ in: id, thread: null, why: null, tab: null }),
    }),
    [message],
  );
  if (message.deleted) return html`<p class="tombstone">This message was deleted.</p>`;
  const words = message.streaming
    ? html`<${Markdown} text=${message.text} />`
    : html`<${Mrkdwn} text=${message.text} />`;
  return html`<${BlockPlace.Provider} value=${place}>
    ${message.blocks?.length ? html`<${Blocks} blocks=${message.blocks} />` : message.text && words}
    ${message.files && html`<${Files} files=${message.files} />`}
  <//>`;
}

/** Editing in place. */
function Editor({ message, known, onDone }) {
  const { act } = useDesk();
  const save = async (text) => {
    if (await act("edit", { channel: message.channel, ts: message.ts, text: toWire(text, known) })) onDone();
    return false;
  };
  return html`<${Composer}
    id=${`edit-${message.ts}`}
    label="Edit message"
    known=${{ ...known, commands: null }}
    initial=${fromWire(message.text, known)}
    focus=${true}
    onSend=${save}
    onCancel=${onDone}
  />`;
}

function ThreadLink({ message, onOpen }) {
  const state = useDesk().current();
  const people = (message.reply_users ?? [])
    .slice(0, 3)
    .map((id) => state.people[id])
    .filter(Boolean);
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return html`<button type="button" class="thread-link" onClick=${onOpen}>
    ${people.map((p) => html`<${Avatar} key=${p.id} person=${p} size=${20} />`)}
    <span>${count}</span>
    <small>Last ${clockTime(msOf(message.latest_reply))}</small>
  </button>`;
}

/** Where the answer's making is told; below every answer and card of the app. */
function WhyLink({ onOpen, pressed }) {
  return html`<button
    type="button"
    class="why-link"
    aria-pressed=${pressed}
    onClick=${onOpen}
  ><${Icon} name="trace" size=${16} />What happened</button>`;
}

/**
 * follows: it continues the one above, so that its head is left out. active: its tools are shown.
 * inThread: it stands in the thread's panel. known: people, channels and commands for editing.
 */
export const Message = memo(function Message({
  message,
  follows,
  active,
  tabbable,
  editing,
  explained,
  marked,
  inThread,
  known,
  on,
}) {
  const { current, go } = useDesk();
  const author = authorOf(message, current());
  const at = msOf(message.ts);
  const openThread = () => go({ thread: message.thread_ts || message.ts, why: null, panel: null });
  const openWhy = () => go({ why: message.ts, panel: null });
  const streaming = message.streaming === "in_progress";
  return html`<article
    class=${classes("message", follows && "follows", message.ephemeral && "ephemeral", marked && "marked", streaming && "streaming", active && "active")}
    data-ts=${message.ts}
    tabindex=${tabbable ? 0 : -1}
    aria-label=${`${author.real_name}, ${clockTime(at)}`}
    aria-busy=${streaming}
    onMouseEnter=${() => on.active(message.ts)}
    onFocusIn=${() => on.active(message.ts)}
  >
    <div class="message-side">${follows ? html`<time class="follow-time">${clockTime(at)}</time>` : html`<${Avatar} person=${author} />`}</div>
    <div class="message-main">
      ${message.ephemeral && html`<p class="ephemeral-note">Only visible to you</p>`}
      ${
        !follows &&
        html`<header class="message-head">
        <span class="author">${author.real_name}</span>
        ${author.is_bot && html`<span class="tag">App</span>`}
        ${author.outsider && html`<span class="tag warn">Outside</span>`}
        <time dateTime=${new Date(at).toISOString()} title=${fullDate(at)}>${clockTime(at)}</time>
        ${message.broadcast && html`<span class="muted">replied to a thread</span>`}
      </header>`
      }
      ${
        editing
          ? html`<${Editor}
        message=${message}
        known=${known}
        onDone=${on.edited}
      />`
          : html`<${Body} message=${message} />`
      }
      ${message.edited && !author.is_bot && !editing && html`<span class="edited">(edited)</span>`}
      ${message.reactions?.length > 0 && html`<${Reactions} message=${message} />`}
      ${
        ((!inThread && message.reply_count > 0) || message.explains) &&
        html`<div class="message-links">
        ${!inThread && message.reply_count > 0 && html`<${ThreadLink} message=${message} onOpen=${openThread} />`}
        ${message.explains && html`<${WhyLink} onOpen=${openWhy} pressed=${explained} />`}
      </div>`
      }
    </div>
    ${
      active &&
      !editing &&
      !message.deleted &&
      html`<${Tools}
      message=${message}
      inThread=${inThread}
      onReply=${openThread}
      onEdit=${() => on.edit(message.ts)}
    />`
    }
  </article>`;
});
