// What somebody began to write and has not sent: kept by this tab, so that a reload loses nothing.

const PREFIX = "deskhand draft ";

/** Where a person's draft for a channel, or for a thread in it, is kept. */
export const draftPlace = (person, channel, threadTs) => `${PREFIX}${person} ${channel} ${threadTs}`;

/** What was being written there; "" where nothing was. */
export const readDraft = (place) => sessionStorage.getItem(place) ?? "";

/** Keeps it; an empty one is forgotten. */
export function keepDraft(place, text) {
  try {
    if (text) sessionStorage.setItem(place, text);
    else sessionStorage.removeItem(place);
  } catch {
    // The tab's storage is full: what is written stays until a reload.
  }
}
