// One viewer's workspace: read once, kept in step, and what of it is read on demand.
import { useEffect, useMemo, useRef, useState } from "../html.js";
import { applied, inRoom, stateOf } from "./changes.js";
import { follow } from "./live.js";
import { EMPTY_ROOM, withPage, withThread } from "./rooms.js";
import { Server } from "./server.js";

const PAGE = 50;

/** `{state, linked, failed, server, read, put}`; state null until it was read, failed: why it cannot be. */
export function useWorkspace(viewer) {
  const [state, setState] = useState(null);
  const [linked, setLinked] = useState(true);
  const [failed, setFailed] = useState(null);
  const latest = useRef(null);
  const server = useMemo(() => new Server(viewer), [viewer]);

  // Frames come faster than drawings: the newest state is kept beside the drawn one.
  const change = (how) => {
    latest.current = how(latest.current);
    setState(latest.current);
  };
  const read = useMemo(() => reading(server, latest, change), [server]);

  useEffect(() => {
    let stop = () => {};
    let gone = false;
    const begin = async () => {
      const told = stateOf(await server.read("state"));
      server.viewer = told.viewer;
      if (!gone) change(() => told);
      return told.id;
    };
    const onReset = async () => {
      const rooms = Object.keys(latest.current?.rooms ?? {});
      const after = await begin();
      await Promise.all(rooms.map((id) => read.channel(id)));
      return after;
    };
    begin().then(
      (after) => {
        if (gone) return;
        stop = follow({
          server,
          after,
          onReset,
          onLink: setLinked,
          onChanges: (changes) => change((now) => applied(now, changes)),
        });
      },
      (error) => setFailed(error),
    );
    return () => {
      gone = true;
      stop();
    };
  }, [server]);

  return { state, linked, failed, server, read, current: () => latest.current, change };
}

/** The reads on demand; each is under way at most once. */
function reading(server, latest, change) {
  const open = new Map();
  const once = (key, how) => {
    if (!open.has(key))
      open.set(
        key,
        how().finally(() => open.delete(key)),
      );
    return open.get(key);
  };
  const room = (id) => latest.current?.rooms[id] ?? EMPTY_ROOM;
  const page = (id, before) =>
    once(`page ${id}`, async () => {
      const told = await server.read("messages", { channel: id, before, limit: PAGE });
      change((state) => inRoom(state, id, (now) => withPage(now, told)));
    });
  const replies = (id, ts, before) =>
    once(`thread ${id} ${ts}`, async () => {
      const told = await server.read("thread", { channel: id, ts, before, limit: PAGE });
      change((state) => inRoom(state, id, (now) => withThread(now, told)));
    });
  return {
    channel: (id) => page(id),
    older: (id) => page(id, room(id).first),
    thread: (id, ts) => replies(id, ts),
    olderReplies: (id, ts) => replies(id, ts, room(id).threads[ts].first),
  };
}
