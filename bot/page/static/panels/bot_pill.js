// Whether the bot is alive, always in sight; opens the switches for faults.
import { classes, html } from "../html.js";
import { Icon } from "../icons.js";
import { useDesk, useNow } from "../workspace/desk.js";

export const BOT_WORDS = {
  starting: "Restarting",
  running: "Running",
  killed: "Killed",
  stopped: "Offline",
  failed: "Failed",
};

export function BotPill() {
  const { go } = useDesk();
  const { state, place } = useNow();
  const faults = state.faults.filter((f) => f.on).length;
  const words = BOT_WORDS[state.bot.state] ?? state.bot.state;
  const open = place.panel === "faults";
  return html`<button
    type="button"
    class=${classes("bot-pill", state.bot.state, faults > 0 && "faulty")}
    aria-pressed=${open}
    title="The bot's state, and switches for faults"
    onClick=${() => go({ panel: open ? null : "faults", why: null })}
  >
    <span class="dot" aria-hidden="true"></span>
    <span class="pill-words">Bot ${words.toLowerCase()}${faults > 0 && `, ${faults} ${faults === 1 ? "fault" : "faults"}`}</span>
    <${Icon} name="bolt" size=${15} />
  </button>`;
}
