// One interactive element, whichever it is.
import { html } from "../html.js";
import { Button, Feedback, IconButton, Overflow } from "./buttons.js";
import { Radio, Select, Several } from "./choices.js";
import { ExternalSelect } from "./external_select.js";
import { Field, isField } from "./fields.js";
import { FileInput } from "./file_input.js";
import { Picture } from "./picture.js";
import { RichTextInput } from "./rich_text_input.js";
import { Unknown } from "./unknown.js";

const KINDS = {
  button: Button,
  workflow_button: Button,
  overflow: Overflow,
  feedback_buttons: Feedback,
  icon_button: IconButton,
  static_select: Select,
  users_select: Select,
  conversations_select: Select,
  channels_select: Select,
  multi_static_select: Several,
  multi_users_select: Several,
  multi_conversations_select: Several,
  multi_channels_select: Several,
  external_select: ExternalSelect,
  multi_external_select: ExternalSelect,
  rich_text_input: RichTextInput,
  file_input: FileInput,
  checkboxes: Several,
  radio_buttons: Radio,
};

/** Elements that are several controls: their label is a legend. */
export const isGroup = (element) => [Several, Radio].includes(KINDS[element.type]);

/** `inInput`: the control's id where it stands in an input block; the rest goes to the control. */
export function Element({ element, ...rest }) {
  if (element.type === "image") return html`<${Picture} of=${element} small=${true} />`;
  if (isField(element)) return html`<${Field} element=${element} ...${rest} />`;
  const Kind = KINDS[element.type];
  return Kind ? html`<${Kind} element=${element} ...${rest} />` : html`<${Unknown} what=${element} />`;
}
