/* Subheadings of one level, lists that hold nothing but lines and lists, and callouts. */

import { Heading as BaseHeading, ListItem as BaseListItem, Node, pm } from "django-prose-editor/editor"

import { element } from "./dialog.js"

const { TextSelection } = pm.state

export const Heading = BaseHeading.extend({
  addOptions() {
    return { ...this.parent?.(), levels: [3] }
  },
  parseHTML() {
    return [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}`, attrs: { level: 3 } }))
  },
  addInputRules() {
    return []
  },
})

export const ListItem = BaseListItem.extend({ content: "paragraph list*" })

const URGENCIES = [
  ["non-urgent", "See someone soon (not urgent)"],
  ["urgent", "Ask for help today (urgent)"],
  ["emergency", "Call an ambulance (emergency)"],
]

export const CalloutTitle = Node.create({
  name: "calloutTitle",
  content: "text*",
  marks: "",
  defining: true,
  priority: 200,
  parseHTML() {
    return [{ tag: "h4", context: "callout/" }]
  },
  renderHTML() {
    return ["h4", 0]
  },
  addNodeView() {
    return () => {
      const dom = element("p", { class: "callout-title" })
      return { dom, contentDOM: dom }
    }
  },
})

const urgencyField = (urgency, onChange, editable) => {
  const select = element(
    "select",
    { "aria-label": "How urgent", disabled: !editable },
    URGENCIES.map(([value, label]) => element("option", { value }, [label])),
  )
  select.value = urgency
  select.addEventListener("change", () => onChange(select.value))
  return select
}

/* After inserting: the cursor belongs into the title of the callout that now lies at or before it. */
const intoNewestTitle = ({ tr }) => {
  let place = null
  tr.doc.nodesBetween(0, tr.selection.to, (node, pos) => {
    if (node.type.name === "calloutTitle") place = pos + 1
  })
  if (place !== null) tr.setSelection(TextSelection.create(tr.doc, place))
  return true
}

export const Callout = Node.create({
  name: "callout",
  group: "block",
  content: "calloutTitle paragraph",
  defining: true,
  isolating: true,

  addAttributes() {
    return {
      urgency: {
        default: "non-urgent",
        parseHTML: (dom) => dom.getAttribute("data-urgency"),
        renderHTML: ({ urgency }) => ({ "data-urgency": urgency }),
      },
    }
  },

  parseHTML() {
    return [{ tag: "aside[data-urgency]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["aside", HTMLAttributes, 0]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const contentDOM = element("div", { class: "callout-text" })
      const select = urgencyField(
        node.attrs.urgency,
        (urgency) =>
          editor.commands.command(({ tr }) => !!tr.setNodeAttribute(getPos(), "urgency", urgency)),
        editor.isEditable,
      )
      const head = element("div", { class: "callout-head", contenteditable: "false" }, [select])
      const dom = element("div", { class: "callout", "data-urgency": node.attrs.urgency }, [head, contentDOM])
      return {
        dom,
        contentDOM,
        stopEvent: (event) => head.contains(event.target),
        ignoreMutation: (mutation) => !contentDOM.contains(mutation.target),
        update: (changed) => {
          if (changed.type !== node.type) return false
          select.value = dom.dataset.urgency = changed.attrs.urgency
          return true
        },
      }
    }
  },

  addCommands() {
    return {
      insertCallout:
        () =>
        ({ chain }) =>
          chain()
            .insertContent({
              type: this.name,
              content: [{ type: "calloutTitle" }, { type: "paragraph" }],
            })
            .command(intoNewestTitle)
            .run(),
    }
  },

  addKeyboardShortcuts() {
    const inside = (name) => {
      const { $from } = this.editor.state.selection
      return $from.depth > 1 && $from.node(-1).type.name === this.name && $from.parent.type.name === name ? $from : null
    }
    return {
      Enter: () => {
        const title = inside("calloutTitle")
        if (title) {
          return this.editor.commands.command(({ tr }) => {
            tr.setSelection(TextSelection.near(tr.doc.resolve(title.after() + 1)))
            return true
          })
        }
        return inside("paragraph") ? this.editor.commands.setHardBreak() : false
      },
      "Mod-Enter": () => {
        const place = inside("calloutTitle") || inside("paragraph")
        if (!place) return false
        return this.editor.chain().insertContentAt(place.after(-1), { type: "paragraph" }).focus(place.after(-1) + 1).run()
      },
      Backspace: () => {
        const title = inside("calloutTitle")
        if (!title || title.parentOffset || title.node(-1).textContent) return false
        return this.editor.commands.deleteNode(this.name)
      },
    }
  },
})
