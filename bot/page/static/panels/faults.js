// The switches: break things, and watch the bot survive.
import { clockTime } from "../blocks/dates.js";
import { classes, html, useState } from "../html.js";
import { useDesk, useNow } from "../workspace/desk.js";
import { BOT_WORDS } from "./bot_pill.js";
import { Panel } from "./panel.js";

function Fault({ fault }) {
  const { server, notice } = useDesk();
  const [busy, setBusy] = useState(false);
  const turn = async () => {
    setBusy(true);
    try {
      await server.fault(fault.name, fault.kind === "button" ? undefined : !fault.on);
    } catch (error) {
      notice(error.message, "wrong");
    } finally {
      setBusy(false);
    }
  };
  const id = `fault-${fault.name}`;
  const control =
    fault.kind === "button"
      ? html`<button
        type="button"
        class="button danger"
        disabled=${busy || !fault.available}
        aria-describedby=${id}
        onClick=${turn}
      >${fault.title}</button>`
      : html`<button
        type="button"
        role="switch"
        class="switch"
        aria-checked=${fault.on}
        aria-label=${fault.title}
        aria-describedby=${id}
        disabled=${busy || !fault.available}
        onClick=${turn}
      ><i></i></button>`;
  return html`<li class=${classes("fault", fault.on && "on")}>
    <div>
      ${fault.kind !== "button" && html`<p class="fault-title">${fault.title}</p>`}
      ${fault.kind === "button" && control}
      <p class="fault-text" id=${id}>${fault.text}</p>
    </div>
    ${fault.kind !== "button" && control}
  </li>`;
}

export function Faults() {
  const { go } = useDesk();
  const { state } = useNow();
  const { bot, model } = state;
  return html`<${Panel}
    title="Break it"
    detail="Faults to try; every question still gets one visible outcome"
    onClose=${() => go({ panel: null })}
  >
    <div class="panel-body">
      <section class=${`bot-card ${bot.state}`} aria-live="polite">
        <p class="bot-line"><span
          class="dot"
          aria-hidden="true"
        ></span><b>${state.workspace.app.name}: ${BOT_WORDS[bot.state] ?? bot.state}</b></p>
        <dl class="facts">
          ${bot.pid && html`<div><dt>Process</dt><dd>${bot.pid}</dd></div>`}
          <div><dt>Lives so far</dt><dd>${bot.lives}</dd></div>
          <div><dt>Since</dt><dd>${clockTime(bot.since * 1000)}</dd></div>
        </dl>
        ${bot.told && html`<p class="muted">${bot.told}</p>`}
        <p class="muted">${model.text}</p>
      </section>
      <ul class="fault-list">${state.faults.map((fault) => html`<${Fault} key=${fault.name} fault=${fault} />`)}</ul>
    </div>
  <//>`;
}
