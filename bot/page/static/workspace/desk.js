// What every part of the page may use: the ways to change things, and what is so now.
import { createContext, useContext } from "../html.js";

/**
 * The same object while the page is open, so that a message is not drawn anew for every change
 * elsewhere. current(): the state, of workspace/changes.js. go: of workspace/location.js. server: of
 * workspace/server.js. act(name, fields): does it and tells of a refusal in a notice; a promise of what
 * the server gives, or null. notice(text, kind): shows a sentence for a while. ask({title, text, yes,
 * run}): runs after a yes. read: of workspace/use_workspace.js. names: of workspace/names.js.
 */
export const Desk = createContext(null);

/** `{state, place}` of now: who uses it is drawn anew at every change. */
export const Now = createContext(null);

export const useDesk = () => useContext(Desk);
export const useNow = () => useContext(Now);
