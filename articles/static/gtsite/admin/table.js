/* Tables of plain cells under one header row, with a caption. */

import { Table as BaseTable, TableCell as BaseCell, TableHeader as BaseHeader } from "django-prose-editor/editor"

import { element } from "./dialog.js"

const plainCell = {
  content: "paragraph",
  addAttributes() {
    return { colspan: { default: 1, rendered: false }, rowspan: { default: 1, rendered: false }, colwidth: { default: null, rendered: false } }
  },
}

export const TableCell = BaseCell.extend(plainCell)
export const TableHeader = BaseHeader.extend(plainCell)

const captionOf = (dom) => dom.querySelector("caption")?.textContent.trim() ?? ""

export const Table = BaseTable.extend({
  addAttributes() {
    return { caption: { default: "", parseHTML: captionOf, rendered: false } }
  },

  parseHTML() {
    return [{ tag: "table" }, { tag: "caption", ignore: true }]
  },

  renderHTML({ node, HTMLAttributes }) {
    return ["table", HTMLAttributes, ["caption", {}, node.attrs.caption], ["tbody", 0]]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const contentDOM = element("tbody")
      const input = element("input", { type: "text", value: node.attrs.caption, disabled: !editor.isEditable })
      const caption = element("label", { class: "table-caption", contenteditable: "false" }, ["Caption ", input])
      const scroller = element("div", { class: "table-scroller" }, [element("table", {}, [contentDOM])])
      const dom = element("div", { class: "table-frame" }, [caption, scroller])
      input.addEventListener("input", () =>
        editor.commands.command(({ tr }) => !!tr.setNodeAttribute(getPos(), "caption", input.value)),
      )
      return {
        dom,
        contentDOM,
        stopEvent: (event) => caption.contains(event.target),
        ignoreMutation: (mutation) => !contentDOM.contains(mutation.target),
        update: (changed) => {
          if (changed.type !== node.type) return false
          if (input.value !== changed.attrs.caption) input.value = changed.attrs.caption
          return true
        },
      }
    }
  },

  addKeyboardShortcuts() {
    const inCell = () => this.editor.isActive("tableCell") || this.editor.isActive("tableHeader")
    return {
      ...this.parent?.(),
      Enter: () => (inCell() ? this.editor.commands.setHardBreak() : false),
      "Mod-Enter": () => {
        if (!inCell()) return false
        const { $from } = this.editor.state.selection
        const after = $from.after(-2)
        return this.editor.chain().insertContentAt(after, { type: "paragraph" }).focus(after + 1).run()
      },
    }
  },
})
