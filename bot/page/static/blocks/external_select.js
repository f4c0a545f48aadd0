// A select of one or several things whose options the app gives for what is typed.
import { html, useEffect, useState } from "../html.js";
import { Icon } from "../icons.js";
import { plainWords } from "./mrkdwn.js";
import { useElement } from "./use_element.js";

const PAUSE_MS = 250;

/** Options for the words, asked of the app after a pause in typing. */
function useOptions(block, element, typed, suggest) {
  const [options, setOptions] = useState([]);
  const least = element.min_query_length ?? 3;
  useEffect(() => {
    if (typed === null || typed.length < least) {
      setOptions([]);
      return undefined;
    }
    let gone = false;
    const timer = setTimeout(async () => {
      const given = await suggest(block.block_id, element, typed);
      if (!gone) setOptions(given?.options ?? given?.option_groups?.flatMap((g) => g.options) ?? []);
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [typed]);
  return options;
}

/** What was chosen of several things; each can be taken away. */
function Chosen({ options, disabled, onRemove }) {
  return html`<ul class="attached" aria-label="Chosen">
    ${options.map(
      (option) => html`<li key=${option.value}>
      <span>${plainWords(option.text)}</span>
      <button
        type="button"
        class="button icon"
        aria-label=${`Remove ${plainWords(option.text)}`}
        disabled=${disabled}
        onClick=${() => onRemove(option)}
      ><${Icon} name="close" size=${14} /></button>
    </li>`,
    )}
  </ul>`;
}

export function ExternalSelect({ block, element, inInput, tell, describedBy, invalid }) {
  const { disabled, kept, choose, place } = useElement(block, element, { inInput, tell });
  const [typed, setTyped] = useState(null);
  const [at, setAt] = useState(0);
  const several = element.type === "multi_external_select";
  const found = useOptions(block, element, typed, place.suggest);
  const many = several ? (kept?.selected_options ?? element.initial_options ?? []) : [];
  const options = found.filter((option) => !many.some((one) => one.value === option.value));
  const chosen = !several && (kept ? kept.selected_option : element.initial_option);
  const listId = `options-${block.block_id}-${element.action_id}`;
  const pick = (option) => {
    setTyped(null);
    setAt(0);
    choose(several ? { selected_options: [...many, option] } : { selected_option: option });
  };
  const remove = (gone) => choose({ selected_options: many.filter((one) => one.value !== gone.value) });
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!options.length) return;
    if (step) setAt((at + step + options.length) % options.length);
    else if (event.key === "Enter") pick(options[at]);
    else if (event.key === "Escape") setTyped(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<span class="external">
    ${many.length > 0 && html`<${Chosen} options=${many} disabled=${disabled} onRemove=${remove} />`}
    <input
      id=${inInput}
      class="field"
      role="combobox"
      aria-label=${inInput ? undefined : plainWords(element.placeholder ?? { text: "Search" })}
      aria-describedby=${describedBy}
      aria-invalid=${invalid}
      aria-autocomplete="list"
      aria-expanded=${options.length > 0}
      aria-controls=${listId}
      aria-activedescendant=${options[at] ? `${listId}-${at}` : undefined}
      placeholder=${plainWords(element.placeholder ?? { text: "Type to search" })}
      disabled=${disabled}
      value=${typed ?? (chosen ? plainWords(chosen.text) : "")}
      onInput=${(event) => (setTyped(event.target.value), setAt(0))}
      onBlur=${() => setTyped(null)}
      onKeyDown=${keys}
    />
    <span class="external-list" role="listbox" id=${listId} aria-label="Options" hidden=${!options.length}>
      ${options.map(
        (option, number) => html`<span
        key=${option.value}
        id=${`${listId}-${number}`}
        class="option"
        role="option"
        aria-selected=${number === at}
        onMouseDown=${(event) => (event.preventDefault(), pick(option))}
      >${plainWords(option.text)}</span>`,
      )}
    </span>
  </span>`;
}
