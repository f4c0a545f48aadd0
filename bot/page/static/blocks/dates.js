// Moments as people read them, in the reader's own time zone.

const DAY_MS = 86_400_000;
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", year: "numeric" });
const long = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

/** Midnight at the beginning of the day, in milliseconds. */
const dayOf = (ms) => new Date(ms).setHours(0, 0, 0, 0);

/** `Today`, `Yesterday`, `Tomorrow`, or null for other days. */
function near(ms) {
  const days = Math.round((dayOf(ms) - dayOf(Date.now())) / DAY_MS);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days] ?? null;
}

/** A message's `ts` in milliseconds. */
export const msOf = (ts) => Number.parseFloat(ts) * 1000;

export const clockTime = (ms) => time.format(ms);
export const fullDate = (ms) => full.format(ms);
export const dayName = (ms) => near(ms) ?? long.format(ms);

/** Whether two moments lie on the same day. */
export const sameDay = (one, other) => dayOf(one) === dayOf(other);

/** Slack's date tokens, such as `{date_short_pretty} at {time}`, filled in. */
export function formatted(format, unixSeconds) {
  const ms = unixSeconds * 1000;
  const day = short.format(ms);
  const iso = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  const pretty = near(ms)?.toLowerCase();
  const made = {
    date_num: iso,
    date: day,
    date_slash: new Date(ms).toLocaleDateString(),
    date_short: day,
    date_long: whole.format(ms),
    date_pretty: pretty ?? day,
    date_short_pretty: pretty ?? day,
    date_long_pretty: pretty ?? long.format(ms),
    day_divider_pretty: dayName(ms),
    time: time.format(ms),
    time_secs: seconds.format(ms),
    ago: pretty ?? day,
  };
  return format.replace(/\{(\w+)\}/g, (token, name) => made[name] ?? token);
}
