// Whom and what a message can name, and the app's commands: for suggestions and for the wire.
import { useMemo } from "../html.js";
import { useNow } from "../workspace/desk.js";

const SUBCOMMAND = /^([a-z-]+(?: [a-z-]+)*)(.*)$/;

/** A command and each of the words its hint names, such as `ask QUESTION | human | help`. */
function lines({ command, description, usage_hint: hint = "" }) {
  const parts = hint
    .split("|")
    .map((part) => part.replace(/[[\]]/g, "").trim())
    .filter(Boolean);
  const named = parts.length > 1 ? parts : [];
  return [
    { line: command, hint, description },
    ...named
      .map((part) => part.match(SUBCOMMAND))
      .filter(Boolean)
      .map(([, word, rest]) => ({ line: `${command} ${word}`, hint: rest.trim(), description })),
  ];
}

/** `{people, channels, commands}`, the same object until one of them changes. */
export function useKnown() {
  const { state } = useNow();
  return useMemo(
    () => ({
      people: Object.values(state.people).filter((p) => !p.deleted),
      channels: state.channels,
      commands: state.workspace.app.commands.flatMap(lines),
    }),
    [state.people, state.channels, state.workspace],
  );
}
