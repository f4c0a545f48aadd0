// A list of messages, the newest at the bottom. It stays at the bottom while the reader is there, and
// holds still while they read further up.
import { dayName, msOf, sameDay } from "../blocks/dates.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../html.js";
import { useKnown } from "../compose/known.js";
import { useNow } from "../workspace/desk.js";
import { Message } from "./message.js";

const TOGETHER_MS = 5 * 60_000;
const NEAR_BOTTOM = 60;

/** Whether a message continues the one above: same author, a short time after. */
const follows = (above, message) =>
  above &&
  above.user === message.user &&
  !above.ephemeral &&
  !message.ephemeral &&
  !message.broadcast &&
  msOf(message.ts) - msOf(above.ts) < TOGETHER_MS &&
  sameDay(msOf(above.ts), msOf(message.ts));

/**
 * The scroller is turned over (column-reverse): 0 is its bottom, further up is negative, and what comes
 * above moves nothing. What comes below would, so that the reader is moved by its height.
 */
function useSteadyScroll(newest) {
  const scroller = useRef(null);
  const known = useRef(newest);
  useLayoutEffect(() => {
    const { current: box } = scroller;
    const bottom = (ts) => box.querySelector(`[data-ts="${ts}"]`)?.getBoundingClientRect().bottom;
    const grown = bottom(newest) - bottom(known.current);
    if (box.scrollTop < -NEAR_BOTTOM && grown > 0) box.scrollTop -= grown;
    known.current = newest;
  }, [newest]);
  return scroller;
}

/** Calls `load` when the top comes into sight. */
function Older({ load }) {
  const mark = useRef(null);
  const again = useRef(load);
  again.current = load;
  useEffect(() => {
    const root = mark.current.closest(".scroller");
    const watch = new IntersectionObserver(([entry]) => entry.isIntersecting && again.current(), {
      root,
      rootMargin: "600px",
    });
    watch.observe(mark.current);
    return () => watch.disconnect();
  }, []);
  return html`<div ref=${mark} class="older" role="status">Reading older messages…</div>`;
}

const Day = ({ ms }) =>
  html`<div
    class="day"
    role="separator"
    aria-label=${dayName(ms)}
  ><span aria-hidden="true">${dayName(ms)}</span></div>`;

const Replies = ({ count }) =>
  html`<div
    class="replies"
    role="separator"
    aria-label="Replies"
  ><span aria-hidden="true">${count === 1 ? "1 reply" : `${count} replies`}</span></div>`;

/** messages: oldest first. older: loads what is before, null where nothing is. head, foot: around them. */
export function MessageList({ label, messages, older, inThread = false, head = null, foot = null }) {
  const { place } = useNow();
  const known = useKnown();
  const [active, setActive] = useState("");
  const [editing, setEditing] = useState("");
  const newest = messages.at(-1)?.ts ?? "";
  const scroller = useSteadyScroll(newest);
  const on = useMemo(() => ({ active: setActive, edit: setEditing, edited: () => setEditing("") }), []);
  const tabbable = messages.some((m) => m.ts === active) ? active : newest;
  const here = place.at && messages.some((m) => m.ts === place.at);

  useEffect(() => {
    if (here) scroller.current.querySelector(`[data-ts="${place.at}"]`)?.scrollIntoView({ block: "center" });
  }, [here, place.at]);

  const move = (event) => {
    if (!event.target.matches("article.message")) return;
    const all = [...scroller.current.querySelectorAll("article.message")];
    const at = all.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest" });
  };
  const root = inThread && !messages[0]?.in_thread ? messages[0] : null;
  const rows = messages.flatMap((message, at) => {
    const above = messages[at - 1];
    const newDay = !inThread && (!above || !sameDay(msOf(above.ts), msOf(message.ts)));
    const shown = html`<${Message}
        key=${message.ts}
        message=${message}
        follows=${Boolean(follows(above, message))}
        active=${message.ts === active}
        tabbable=${message.ts === tabbable}
        editing=${message.ts === editing}
        explained=${message.ts === place.why}
        marked=${message.ts === place.at}
        inThread=${inThread}
        known=${message.ts === editing ? known : null}
        on=${on}
      />`;
    if (inThread && message === root && messages.length > 1)
      return [shown, html`<${Replies} key="replies" count=${root.reply_count} />`];
    return newDay ? [html`<${Day} key=${`day ${message.ts}`} ms=${msOf(message.ts)} />`, shown] : [shown];
  });
  return html`<div ref=${scroller} class="scroller" onMouseLeave=${() => setActive("")}>
    <div class="messages" role="log" aria-label=${label} aria-live="off" onKeyDown=${move}>
      ${older ? html`<${Older} key=${messages[0]?.ts} load=${older} />` : head} ${rows} ${foot}
    </div>
  </div>`;
}
