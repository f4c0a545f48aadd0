// Where the page is: all of it in the address after `#`, so that a reload and a second tab show the same.
import { useEffect, useState } from "../html.js";

/**
 * as: who acts. in: the channel. thread: the root whose thread is open. why: the message whose
 * answer is explained. panel: `faults`. tab: `home` or `about` of the app. list: the side bar is in front
 * (narrow screens). at: a message to show.
 */
const KEYS = ["as", "in", "tab", "thread", "why", "panel", "list", "at"];

export function readPlace() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(KEYS.filter((key) => given.get(key)).map((key) => [key, given.get(key)]));
}

/** The address of a place. */
export function addressOf(place) {
  const fields = KEYS.filter((key) => place[key]).map((key) => [key, place[key]]);
  return `#${new URLSearchParams(fields)}`;
}

/** `[place, go]`; go(changes) keeps what it does not name, and `null` takes a part away. */
export function usePlaceInAddress() {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const moved = () => setPlace(readPlace());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const go = (changes, { replace = false } = {}) => {
    const address = addressOf({ ...readPlace(), ...changes });
    if (replace) {
      history.replaceState(null, "", address);
      setPlace(readPlace());
    } else {
      location.hash = address;
    }
  };
  return [place, go];
}

const ARCHIVE = /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})/;

/** The place that a message's permalink leads to, or null for another address. */
export function placeOfPermalink(url) {
  const match = String(url).match(ARCHIVE);
  if (!match) return null;
  const ts = `${match[2]}.${match[3]}`;
  const root = new URL(url, location.href).searchParams.get("thread_ts");
  return {
    in: match[1],
    tab: null,
    why: null,
    panel: null,
    list: null,
    thread: root && root !== ts ? root : null,
    at: ts,
  };
}
