// `table`: rows of plain or rich cells, the first row its heading.
import { html } from "../html.js";
import { RichText } from "./rich_text.js";

const Cell = ({ cell }) =>
  cell.type === "rich_text"
    ? html`<${RichText} block=${cell} compact=${true} />`
    : String(cell.text ?? cell.value ?? "");

/** The whole block; wide tables scroll on their own. */
export function Table({ block }) {
  const [head = [], ...rows] = block.rows ?? [];
  const look = (at) => {
    const { align, is_wrapped: wrapped } = block.column_settings?.[at] ?? {};
    return { textAlign: align ?? "left", whiteSpace: wrapped === false ? "nowrap" : undefined };
  };
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Table">
    <table>
      <thead><tr>${head.map(
        (cell, at) => html`<th
        scope="col"
        style=${look(at)}
      ><${Cell} cell=${cell} /></th>`,
      )}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${row.map((cell, at) => html`<td style=${look(at)}><${Cell} cell=${cell} /></td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}
