// The server's addresses: reading, acting, uploading. A refusal is an Error with words for people.

/** What the server refused: `message` is a sentence for people, `code` for the page. */
export class Refused extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

const query = (fields) =>
  new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new Refused(
      body.error?.code ?? "failed",
      body.error?.text ?? `The server answered ${response.status}.`,
    );
  return body;
}

async function call(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused("unreachable", "The page's server does not answer. Is `deskhand demo` still running?");
  }
  return answer(response);
}

/** One viewer's way to the server. */
export class Server {
  constructor(viewer) {
    this.viewer = viewer;
    this.token = "";
  }

  /** GET /api/NAME as JSON; the state's token is kept for writing. */
  async read(name, fields = {}) {
    const body = await call(`/api/${name}?${query({ as: this.viewer, ...fields })}`);
    if (body.token) this.token = body.token;
    return body;
  }

  #post(address, body, type) {
    return call(address, {
      method: "POST",
      headers: { "Content-Type": type, "X-Deskhand-Token": this.token },
      body,
    });
  }

  /** Does something in the viewer's name. */
  act(name, fields = {}) {
    return this.#post(
      "/api/act",
      JSON.stringify({ as: this.viewer, act: name, ...fields }),
      "application/json",
    );
  }

  /** Turns a fault on or off, or presses it. */
  fault(name, on) {
    return this.#post("/api/faults", JSON.stringify({ name, on }), "application/json");
  }

  /** Posts one file. */
  upload(file, { channel, text, thread_ts }) {
    const fields = { as: this.viewer, channel, name: file.name, text, thread_ts };
    return this.#post(`/api/upload?${query(fields)}`, file, "application/octet-stream");
  }

  /** Posts a file that goes with a form; `{id, name}`. */
  hold(file, view) {
    const fields = { as: this.viewer, view, name: file.name };
    return this.#post(`/api/upload?${query(fields)}`, file, "application/octet-stream");
  }

  /** Where the bytes of a file are. */
  fileAddress(file) {
    return `${file.page_url}?${query({ as: this.viewer })}`;
  }

  /** The stream of changes after a place in it. */
  changes(after) {
    return new WebSocket(`ws://${location.host}/api/events?${query({ as: this.viewer, after })}`);
  }
}
