// What ids are called, for mentions and selects.

/** `current()` gives the state of now: the names object itself never changes. */
export function makeNames(current) {
  const person = (id) => current().people[id];
  return {
    user: (id) => person(id)?.real_name || person(id)?.name || id,
    channel: (id) => current().channels.find((c) => c.id === id)?.name || id,
    group: (id) => current().groups[id]?.handle ?? id,
    users: () =>
      Object.values(current().people)
        .filter((p) => !p.is_bot && !p.deleted)
        .map((p) => ({ id: p.id, label: p.real_name })),
    channels: () =>
      current()
        .channels.filter((c) => c.name && !c.archived)
        .map((c) => ({ id: c.id, label: `#${c.name}` })),
  };
}

/** How a channel is headed: a direct message by the other people's names. */
export function titleOf(channel, state) {
  if (channel.name) return channel.name;
  const others = channel.with ? [channel.with] : channel.members.filter((id) => id !== state.viewer);
  return others.map((id) => state.people[id]?.real_name ?? id).join(", ") || "You";
}

/** Whether this is the viewer's conversation with the app. */
export const isAppChannel = (channel, state) =>
  channel.type === "im" && channel.with === state.workspace.app.user;
