// A fault in one block must not take the page down.
import { Component, html } from "../html.js";
import { Unknown } from "./unknown.js";

/** Shows its children, or a labelled box of `block` once they failed. A new block is tried anew. */
export class Safely extends Component {
  state = { failed: null };

  componentDidCatch() {
    this.setState({ failed: this.props.block });
  }

  render({ block, children }, { failed }) {
    return failed === block ? html`<${Unknown} what=${block} />` : children;
  }
}
