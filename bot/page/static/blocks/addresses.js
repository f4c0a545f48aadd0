// Which addresses may be opened or loaded: content never decides this for itself.

/** The address as it may be linked, or null: http(s) and mailto alone. */
export function linkable(url) {
  try {
    const parsed = new URL(String(url));
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** The address of a picture of this server itself, or null: nothing is fetched from elsewhere. */
export function ownPicture(url) {
  try {
    const parsed = new URL(String(url), location.href);
    return parsed.origin === location.origin ? parsed.href : null;
  } catch {
    return null;
  }
}
