// The engine's figures in words for people.

export const OUTCOMES = {
  answered: {
    title: "Answered",
    text: "Every sentence shown was checked against its passage.",
    look: "good",
  },
  clarified: { title: "Asked back", text: "The question can be read in more than one way.", look: "warn" },
  abstained: { title: "Did not answer", text: "Better no answer than a wrong one.", look: "muted" },
  escalated: {
    title: "Handed to a person",
    text: "The case stands in the escalation channel.",
    look: "warn",
  },
  failed: { title: "Failed", text: "Said so, and a person has it.", look: "danger" },
};

export const STAGES = {
  intake: "Intake",
  triage: "Triage",
  retrieval: "Retrieval",
  generation: "Writing",
  verification: "Checking",
  other: "The rest",
};

/** A time as people say it. */
export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A share of one, never certain. */
export function percent(share) {
  if (share > 0.995 && share < 1) return "over 99%";
  return share > 0 && share < 0.005 ? "under 1%" : `${Math.round(share * 100)}%`;
}

/** A cost; small ones keep their first figures. */
export const dollars = (usd) =>
  usd === 0 ? "$0" : usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;

/** A right to read, in words: `everyone`, `channel:C01`, `group:S01`, `user:U01`, `public`. */
export function audienceWords(tag, names) {
  const [kind, id] = tag.split(":");
  const said = {
    public: () => "public documents",
    everyone: () => "documents for all full members",
    channel: () => `documents of #${names.channel(id)}`,
    group: () => `documents of @${names.group(id)}`,
    user: () => `documents of ${names.user(id)}`,
  };
  return said[kind]?.() ?? tag;
}
