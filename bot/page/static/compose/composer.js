// The box in which messages, replies, edits and slash commands are written.
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { Icon } from "../icons.js";
import { Avatar } from "../avatar.js";
import { keepDraft, readDraft } from "./drafts.js";
import { suggest } from "./suggestions.js";

const TALLEST = 240;

function Suggestions({ id, options, at, onPick }) {
  const list = useRef(null);
  useLayoutEffect(() => {
    list.current.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return html`<div ref=${list} class="suggestions" role="listbox" id=${id} aria-label="Suggestions">
    ${options.map(
      (option, number) => html`<div
        key=${option.key}
        id=${`${id}-${number}`}
        class="option"
        role="option"
        aria-selected=${number === at}
        onMouseDown=${(event) => (event.preventDefault(), onPick(option))}
      >
        ${option.person && html`<${Avatar} person=${option.person} size=${24} />`}
        <span>${option.label}${option.detail && html`<small>${option.detail}</small>`}</span>
      </div>`,
    )}
  </div>`;
}

function Attached({ files, onRemove }) {
  return html`<ul class="attached" aria-label="Files to send">
    ${files.map(
      (file, at) => html`<li key=${file.name}>
        <${Icon} name="file" size=${16} /><span>${file.name}</span>
        <button
          type="button"
          class="button icon"
          aria-label=${`Remove ${file.name}`}
          onClick=${() => onRemove(at)}
        ><${Icon} name="close" size=${14} /></button>
      </li>`,
    )}
  </ul>`;
}

/**
 * known: `{people, channels, commands}` for suggestions; commands null where none can be used.
 * onSend(text, files): a promise of true once it is sent, which empties the box.
 * files: `[list, setList]` of a place where files may be dropped; null where none can be sent.
 * extra: buttons at the left, such as shortcuts.
 * draft: where what is not sent yet is kept; null for nowhere.
 */
export function Composer({
  id,
  label,
  placeholder,
  known,
  onSend,
  files = null,
  initial = "",
  draft = null,
  focus = false,
  onCancel = null,
  extra = null,
}) {
  const [text, setText] = useState(() => (draft && readDraft(draft)) || initial);
  const [caret, setCaret] = useState(text.length);
  const [at, setAt] = useState(0);
  const [dismissed, setDismissed] = useState(false);
  const [busy, setBusy] = useState(false);
  const box = useRef(null);
  const picker = useRef(null);
  const [chosen, setChosen] = files ?? [[], null];
  const offered = dismissed || busy ? null : suggest(text, caret, known);

  useEffect(() => {
    // Who moves along the tabs with the arrow keys stays there.
    if (focus && !document.activeElement?.matches("[role=tab]")) {
      box.current.focus();
      box.current.setSelectionRange(text.length, text.length);
    }
  }, []);
  useLayoutEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight, TALLEST)}px`;
  }, [text]);

  const write = (value, place) => {
    setText(value);
    if (draft) keepDraft(draft, value);
    setCaret(place);
    setAt(0);
    setDismissed(false);
  };
  const pick = (option) => {
    const value = text.slice(0, offered.from) + option.insert + text.slice(caret);
    const place = offered.from + option.insert.length;
    write(value, place);
    requestAnimationFrame(() => box.current?.setSelectionRange(place, place));
  };
  const send = async () => {
    if (busy || (!text.trim() && !chosen.length)) return;
    setBusy(true);
    try {
      if (await onSend(text.trim(), chosen)) {
        write("", 0);
        setChosen?.([]);
      }
    } finally {
      setBusy(false);
      box.current?.focus();
    }
  };
  const keys = (event) => {
    if (event.isComposing) return;
    if (offered && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((at + step + offered.options.length) % offered.options.length);
    } else if (
      offered &&
      (event.key === "Tab" || event.key === "Enter") &&
      !event.shiftKey &&
      worthPicking(offered, at, text)
    ) {
      event.preventDefault();
      pick(offered.options[at]);
    } else if (event.key === "Escape" && (offered || onCancel)) {
      event.preventDefault();
      event.stopPropagation();
      if (offered) setDismissed(true);
      else onCancel();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  };
  const moved = (event) => setCaret(event.target.selectionStart);
  const listId = `${id}-suggestions`;
  return html`<div class="composer">
    ${offered && html`<${Suggestions} id=${listId} options=${offered.options} at=${at} onPick=${pick} />`}
    <textarea
      ref=${box}
      id=${id}
      rows="1"
      aria-label=${label}
      placeholder=${placeholder}
      aria-autocomplete="list"
      aria-controls=${offered ? listId : undefined}
      aria-activedescendant=${offered ? `${listId}-${at}` : undefined}
      value=${text}
      onInput=${(event) => write(event.target.value, event.target.selectionStart)}
      onKeyDown=${keys}
      onKeyUp=${moved}
      onClick=${moved}
      onPaste=${(event) => setChosen && event.clipboardData.files.length && (event.preventDefault(), setChosen([...chosen, ...event.clipboardData.files]))}
    ></textarea>
    ${
      chosen.length > 0 &&
      html`<${Attached}
      files=${chosen}
      onRemove=${(gone) => setChosen(chosen.filter((_, n) => n !== gone))}
    />`
    }
    <div class="composer-tools">
      ${
        setChosen &&
        html`<input
          ref=${picker}
          type="file"
          multiple
          hidden
          onChange=${(event) => (setChosen([...chosen, ...event.target.files]), (event.target.value = ""))}
        />
          <button
            type="button"
            class="button icon quiet"
            aria-label="Add files"
            title="Add files"
            onClick=${() => picker.current.click()}
          ><${Icon} name="plus" /></button>`
      }
      ${extra}
      <span class="composer-hint"><kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> begins a line</span>
      ${onCancel && html`<button type="button" class="button quiet" onClick=${onCancel}>Cancel</button>`}
      <button
        type="button"
        class=${classes("button icon send", (text.trim() || chosen.length) && "ready")}
        aria-label="Send"
        title="Send"
        aria-disabled=${busy || (!text.trim() && !chosen.length)}
        onClick=${send}
      >
        <${Icon} name="send" />
      </button>
    </div>
  </div>`;
}

/** A suggestion that is already written in full is not picked again: Enter then sends. */
const worthPicking = ({ from, options }, at, text) =>
  text.slice(from).trimEnd() !== options[at].insert.trimEnd();
