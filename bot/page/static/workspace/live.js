// Keeps a state in step with the server over a WebSocket that is opened anew after each cut.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/**
 * follow({server, after, onChanges, onReset, onLink}) -> stop().
 * onChanges(changes): of one frame. onReset(): a promise of the id to go on from, after all was read
 * again. onLink(up): whether the server can be reached.
 */
export function follow({ server, after, onChanges, onReset, onLink }) {
  let socket = null;
  let timer = 0;
  let wait = FIRST_WAIT_MS;
  let place = after;
  let stopped = false;

  const again = () => {
    if (stopped) return;
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
  const reset = async () => {
    socket.onclose = null;
    socket.close();
    try {
      place = await onReset();
      open();
    } catch {
      again();
    }
  };
  const frame = (event) => {
    const told = JSON.parse(event.data);
    if (told.reset) {
      reset();
      return;
    }
    place = told.id;
    onChanges(told.changes ?? []);
  };
  const open = () => {
    if (stopped) return;
    socket = server.changes(place);
    socket.onopen = () => {
      wait = FIRST_WAIT_MS;
      onLink(true);
    };
    socket.onmessage = frame;
    socket.onclose = () => {
      onLink(false);
      again();
    };
  };
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    if (socket) {
      socket.onclose = null;
      socket.close();
    }
  };
}
