/** The element's own style, of which each section is a file. Of two rules that weigh the same, the later one wins. */
import actions from "./actions.css" with { type: "text" };
import base from "./base.css" with { type: "text" };
import bell from "./bell.css" with { type: "text" };
import content from "./content.css" with { type: "text" };
import item from "./item.css" with { type: "text" };
import panel from "./panel.css" with { type: "text" };
import states from "./states.css" with { type: "text" };

export const css = [base, bell, panel, item, content, actions, states].join("");
