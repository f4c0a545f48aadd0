// Short sentences at the edge of the page, and what screen readers hear of new messages.
import { html, useCallback, useEffect, useRef, useState } from "./html.js";

const SHOWN_MS = 6000;

/** `[shown, notice]`: the element, and notice(text, kind) with kind "" or "wrong". */
export function useNotices() {
  const [list, setList] = useState([]);
  const last = useRef(0);
  const notice = useCallback((text, kind = "") => {
    const id = ++last.current;
    setList((now) => [...now.slice(-2), { id, text, kind }]);
    setTimeout(() => setList((now) => now.filter((n) => n.id !== id)), SHOWN_MS);
  }, []);
  const shown = html`<div class="notices" role="status" aria-live="polite">
    ${list.map(({ id, text, kind }) => html`<p key=${id} class=${`notice ${kind}`}>${text}</p>`)}
  </div>`;
  return [shown, notice];
}

const WORDS = 280;

/** Reads out messages of others in the channel that is open, once they are complete. */
export function Announcer({ room, state }) {
  const told = useRef(null);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (!room?.loaded) return;
    const complete = [...room.messages.values()].filter((m) => m.streaming !== "in_progress");
    const known = told.current;
    told.current = new Set(complete.map((m) => m.ts));
    if (!known) return;
    const fresh = complete.filter((m) => !known.has(m.ts) && !m.mine);
    if (!fresh.length || fresh.length > 3) return;
    setWords(
      fresh
        .map((m) => `${state.people[m.user]?.real_name ?? "Somebody"}: ${m.text.slice(0, WORDS)}`)
        .join(". "),
    );
  }, [room]);
  return html`<div class="hidden" aria-live="polite">${words}</div>`;
}
