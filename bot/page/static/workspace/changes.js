// The server's changes -> the next state. Each change carries the whole of its thing.
import { EMPTY_ROOM, withMessage, withoutMessage } from "./rooms.js";

const keyOf = (status) => `${status.channel} ${status.thread_ts}`;
const indexed = (list, key) => Object.fromEntries(list.map((item) => [key(item), item]));

/** The state as the server tells it, without any message read. */
export function stateOf(told) {
  return {
    ...told,
    people: indexed(told.people, (p) => p.id),
    groups: indexed(told.groups, (g) => g.id),
    statuses: indexed(told.statuses, keyOf),
    prompts: indexed(told.prompts, (p) => p.channel),
    rooms: {},
  };
}

const replaced = (list, item) =>
  list.some((i) => i.id === item.id) ? list.map((i) => (i.id === item.id ? item : i)) : [...list, item];

/** The state with one room changed by `how(room)`. */
export const inRoom = (state, channel, how) => ({
  ...state,
  rooms: { ...state.rooms, [channel]: how(state.rooms[channel] ?? EMPTY_ROOM) },
});

const APPLY = {
  message: (state, { message }) => inRoom(state, message.channel, (room) => withMessage(room, message)),
  message_gone: (state, { channel, ts }) => inRoom(state, channel, (room) => withoutMessage(room, ts)),
  channel: (state, { channel }) => ({ ...state, channels: replaced(state.channels, channel) }),
  channel_gone: (state, { channel }) => ({
    ...state,
    channels: state.channels.filter((c) => c.id !== channel),
  }),
  person: (state, { person }) => ({ ...state, people: { ...state.people, [person.id]: person } }),
  status: (state, { status }) => ({ ...state, statuses: { ...state.statuses, [keyOf(status)]: status } }),
  prompts: (state, { prompts }) => ({ ...state, prompts: { ...state.prompts, [prompts.channel]: prompts } }),
  modals: (state, { modals }) => ({ ...state, modals }),
  home: (state, { home }) => ({ ...state, home }),
  bot: (state, { bot }) => ({ ...state, bot }),
  faults: (state, { faults }) => ({ ...state, faults }),
  model: (state, { model }) => ({ ...state, model }),
};

/** The state after all changes of a frame; kinds that are not known are left alone. */
export const applied = (state, changes) =>
  changes.reduce((now, change) => APPLY[change.kind]?.(now, change) ?? now, state);

/** What the app says it is doing in a thread ("" for the channel), or null. */
export function statusIn(state, channel, threadTs) {
  const status = state.statuses[keyOf({ channel, thread_ts: threadTs })];
  return status && (status.text || status.session === "processing") ? status : null;
}
