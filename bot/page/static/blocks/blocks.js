// Block Kit -> elements. A block that is not known, or that breaks, is a labelled box.
import { html } from "../html.js";
import { Element } from "./element.js";
import { Input } from "./input.js";
import { Markdown } from "./markdown.js";
import { SafeLink, Text, plainWords } from "./mrkdwn.js";
import { Picture } from "./picture.js";
import { RichText } from "./rich_text.js";
import { Safely } from "./safely.js";
import { Table } from "./table.js";
import { Plan, Task } from "./tasks.js";
import { Unknown } from "./unknown.js";

const elementsOf = (block, elements = block.elements) =>
  (elements ?? []).map(
    (element) => html`<${Element} key=${element.action_id} block=${block} element=${element} />`,
  );

function Section({ block }) {
  return html`<div class="section">
    <div class="section-words">
      <${Text} of=${block.text} />
      ${block.fields && html`<div class="section-fields">${block.fields.map((field) => html`<${Text} of=${field} />`)}</div>`}
    </div>
    ${block.accessory && html`<div class="accessory"><${Element} block=${block} element=${block.accessory} /></div>`}
  </div>`;
}

function Context({ block }) {
  const made = (block.elements ?? []).map((e) =>
    e.type === "image" ? html`<${Picture} of=${e} small=${true} />` : html`<${Text} of=${e} />`,
  );
  return html`<div class="context">${made}</div>`;
}

function Card({ block }) {
  return html`<div class="card">
    ${block.hero_image && html`<${Picture} of=${block.hero_image} />`}
    ${block.title && html`<div class="card-title"><${Text} of=${block.title} /></div>`}
    ${block.subtitle && html`<div class="card-subtitle"><${Text} of=${block.subtitle} /></div>`}
    <${Text} of=${block.body} />
    ${block.actions && html`<div class="actions">${elementsOf(block, block.actions)}</div>`}
  </div>`;
}

function Container({ block }) {
  return html`<div class="container-block">
    ${block.title && html`<div class="card-title"><${Text} of=${block.title} /></div>`}
    ${block.rich_text_title && html`<${RichText} block=${block.rich_text_title} />`}
    ${block.subtitle && html`<div class="card-subtitle"><${Text} of=${block.subtitle} /></div>`}
    <${Blocks} blocks=${block.child_blocks} />
  </div>`;
}

const KINDS = {
  section: Section,
  context: Context,
  card: Card,
  container: Container,
  rich_text: RichText,
  table: Table,
  task_card: Task,
  plan: Plan,
  input: Input,
  header: ({ block }) => html`<h3 class="block-header">${plainWords(block.text)}</h3>`,
  divider: () => html`<hr />`,
  markdown: ({ block }) => html`<${Markdown} text=${block.text} />`,
  image: ({ block }) => html`<${Picture} of=${block} />`,
  actions: ({ block }) => html`<div class="actions">${elementsOf(block)}</div>`,
  context_actions: ({ block }) => html`<div class="actions context-actions">${elementsOf(block)}</div>`,
  alert: ({ block }) =>
    html`<div class=${`alert ${block.level ?? "default"}`} role="note"><${Text} of=${block.text} /></div>`,
  carousel: ({ block }) =>
    html`<div
      class="carousel"
      tabindex="0"
      role="group"
      aria-label="Cards"
    >${(block.elements ?? []).map((card) => html`<${Card} block=${card} />`)}</div>`,
  video: ({ block }) =>
    html`<p>▶ <${SafeLink} url=${block.title_url ?? block.video_url}>${plainWords(block.title)}<//></p>`,
};

/** One block. Content is data from elsewhere: what its component cannot read becomes a box. */
function Block({ block }) {
  const Kind = KINDS[block?.type];
  return Kind && Object.hasOwn(KINDS, block.type)
    ? html`<${Kind} block=${block} />`
    : html`<${Unknown} what=${block} />`;
}

/** All blocks of a message or view. */
export function Blocks({ blocks = [] }) {
  return html`<div class="blocks">${blocks.map(
    (block, at) => html`<${Safely}
    key=${block?.block_id ?? at}
    block=${block}
  ><${Block} block=${block} /><//>`,
  )}</div>`;
}
