// The small bar on the message that is pointed at: react, reply, and its menu.
import { PICKED, emojiOf } from "../blocks/emoji.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { Menu } from "../menu.js";
import { useDesk } from "../workspace/desk.js";

const named = (name) => name.replace("+1", "thumbs up").replace("-1", "thumbs down").replace(/_/g, " ");

export function Tools({ message, inThread, onReply, onEdit }) {
  const { current, act, go, notice, ask } = useDesk();
  const state = current();
  const { channel, ts } = message;
  const react = PICKED.map((name) => ({
    label: named(name),
    icon: html`<span aria-hidden="true">${emojiOf(name)}</span>`,
    run: () => act("react", { channel, ts, name }),
  }));
  const shortcuts = state.workspace.app.shortcuts
    .filter((s) => s.type === "message")
    .map((s) => ({
      label: s.name,
      detail: s.description || state.workspace.app.name,
      icon: html`<${Icon} name="bolt" />`,
      run: () => act("shortcut", { callback_id: s.callback_id, channel, ts }),
    }));
  const copy = async () => {
    const there = new URL(location.href);
    there.hash = new URLSearchParams({
      as: state.viewer,
      in: channel,
      ...(message.in_thread && { thread: message.thread_ts }),
      at: ts,
    });
    await navigator.clipboard.writeText(there.href);
    notice("The link is copied.");
  };
  const own = message.mine
    ? [
        { label: "Edit message", icon: html`<${Icon} name="edit" />`, run: onEdit },
        {
          label: "Delete message",
          icon: html`<${Icon} name="trash" />`,
          danger: true,
          run: () =>
            ask({
              title: "Delete this message?",
              text: "It is gone for everybody.",
              yes: "Delete",
              run: () => act("delete", { channel, ts }),
            }),
        },
      ]
    : [];
  const why = message.explains
    ? [
        {
          label: "What happened",
          icon: html`<${Icon} name="trace" />`,
          run: () => go({ why: ts, panel: null }),
        },
      ]
    : [];
  const items = [
    ...why,
    { label: "Copy link", icon: html`<${Icon} name="link" />`, run: copy },
    ...shortcuts,
    ...own,
  ];
  if (message.ephemeral) return null;
  return html`<div class="tools" role="group" aria-label="Message actions">
    <${Menu} label="Add a reaction" items=${react}><${Icon} name="smile" /><//>
    ${
      !inThread &&
      html`<button
      type="button"
      class="button icon"
      aria-label="Reply in thread"
      title="Reply in thread"
      onClick=${onReply}
    ><${Icon} name="reply" /></button>`
    }
    <${Menu} label="More message actions" items=${items}><${Icon} name="more" /><//>
  </div>`;
}
