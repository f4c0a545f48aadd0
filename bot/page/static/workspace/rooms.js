// The messages that the page has read, by channel. Rooms are values: each change makes a new one.

/** messages: by ts. more: older roots exist. first: ts of the oldest root read. threads: by root, `{more}`. */
export const EMPTY_ROOM = { messages: new Map(), loaded: false, more: false, first: "", threads: {} };

const byTs = (one, other) => (one.ts < other.ts ? -1 : 1);

/** The room with these messages put in or changed. */
function holding(room, messages) {
  const all = new Map(room.messages);
  for (const message of messages) all.set(message.ts, message);
  return { ...room, messages: all };
}

/** A page of roots that was read; `messages` oldest first. */
export function withPage(room, { messages, more }) {
  const first = messages[0]?.ts ?? room.first;
  return { ...holding(room, messages), loaded: true, more, first };
}

/** A page of a thread that was read. */
export function withThread(room, { ts, messages, root, more }) {
  const held = holding(room, root ? [root, ...messages] : messages);
  const first = messages.find((m) => m.ts !== ts)?.ts ?? "";
  return { ...held, threads: { ...room.threads, [ts]: { more, first } } };
}

/** A message that is new or changed. One older than what was read comes with its page. */
export function withMessage(room, message) {
  const unread = !room.messages.has(message.ts) && !message.in_thread && room.more && message.ts < room.first;
  return !room.loaded && !room.threads[message.thread_ts] ? room : unread ? room : holding(room, [message]);
}

export function withoutMessage(room, ts) {
  const all = new Map(room.messages);
  all.delete(ts);
  return { ...room, messages: all };
}

/** What stands in the channel itself, oldest first. */
export const rootsOf = (room) =>
  [...room.messages.values()].filter((m) => (!m.in_thread || m.broadcast) && m.ts >= room.first).sort(byTs);

/** The root of a thread, if it is there, and its replies, oldest first. */
export function threadOf(room, ts) {
  const replies = [...room.messages.values()].filter((m) => m.in_thread && m.thread_ts === ts).sort(byTs);
  return { root: room.messages.get(ts) ?? null, replies };
}
