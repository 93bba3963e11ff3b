/* The bar above a field. One stop for the Tab key; arrow keys move inside; Escape goes back to the text,
   Alt-F10 comes here from the text. In the text Tab belongs to lists and tables; after Escape it leaves the text. */

import { Extension, pm } from "django-prose-editor/editor"

import { element } from "./dialog.js"
import { goOn } from "./going-on.js"
import { CLAIMS, claimOf, currentBlock } from "./statement.js"

const { Plugin } = pm.state

const inTable = (editor) => editor.isActive("table")
const inList = (editor) => editor.isActive("listItem")
const always = () => true

const button = (label, title, command, { active, shown = always, keys = "", group = false } = {}) => ({
  label,
  title: keys ? `${title} (${keys})` : title,
  command,
  active,
  shown,
  group,
})

const run = (name, ...values) => (editor) => goOn(editor)[name](...values).run()
const ask = (name) => (editor) => editor.commands[name]()

const BUTTONS = [
  button("B", "Strong", run("toggleBold"), { active: "bold", keys: "Ctrl+B" }),
  button("I", "Emphasis", run("toggleItalic"), { active: "italic", keys: "Ctrl+I" }),
  button("x²", "Superscript", run("toggleSuperscript"), { active: "superscript" }),
  button("x₂", "Subscript", run("toggleSubscript"), { active: "subscript" }),
  button("H", "Subheading", run("toggleHeading", { level: 3 }), { active: "heading", group: true }),
  button("•", "Bullets", run("toggleBulletList"), { active: "bulletList" }),
  button("1.", "Numbered steps", run("toggleOrderedList"), { active: "orderedList" }),
  button("→", "One level deeper", run("sinkListItem", "listItem"), { shown: inList, keys: "Tab" }),
  button("←", "One level up", run("liftListItem", "listItem"), { shown: inList, keys: "Shift+Tab" }),
  button("Cite", "Cite a source", ask("askCitation"), { group: true, keys: "Ctrl+Alt+C" }),
  button("Link", "Link", ask("askLink"), { active: "link", keys: "Ctrl+K" }),
  button("Abbr.", "Explain an abbreviation", ask("askAbbreviation"), { active: "abbreviation" }),
  button("Lang.", "Words in another language", ask("askLanguage"), { active: "foreign" }),
  button("Callout", "Insert a callout", run("insertCallout"), { group: true }),
  button("Table", "Insert a table", run("insertTable", { rows: 3, cols: 2, withHeaderRow: true })),
  button("Figure", "Insert a figure", ask("askFigure")),
  button("+ row", "Add a row below", run("addRowAfter"), { shown: inTable, group: true }),
  button("− row", "Delete this row", run("deleteRow"), { shown: inTable }),
  button("+ column", "Add a column to the right", run("addColumnAfter"), { shown: inTable }),
  button("− column", "Delete this column", run("deleteColumn"), { shown: inTable }),
  button("− table", "Delete the table", run("deleteTable"), { shown: inTable }),
  button("↶", "Undo", run("undo"), { keys: "Ctrl+Z", group: true }),
  button("↷", "Redo", run("redo"), { keys: "Ctrl+Shift+Z" }),
]

const claimField = (editor) => {
  const select = element(
    "select",
    { title: "What kind of statement this is", "aria-label": "Kind of statement", tabindex: "-1" },
    CLAIMS.map(([value, label]) => element("option", { value }, [label])),
  )
  select.addEventListener("change", () => editor.commands.setClaim(select.value))
  return select
}

const makeButton = (editor, item) => {
  const made = element(
    "button",
    { type: "button", title: item.title, "aria-label": item.title, tabindex: "-1", class: item.group ? "group" : null },
    [item.label],
  )
  made.addEventListener("mousedown", (event) => event.preventDefault()) // keep the selection in the text
  made.addEventListener("click", () => item.command(editor))
  return made
}

const walk = (bar, editor) => (event) => {
  const stops = [...bar.children].filter((child) => !child.hidden)
  const place = stops.indexOf(event.target)
  const goal = {
    ArrowRight: (place + 1) % stops.length,
    ArrowLeft: (place - 1 + stops.length) % stops.length,
    Home: 0,
    End: stops.length - 1,
  }[event.key]
  if (event.key === "Escape") editor.view.focus()
  else if (goal === undefined) return
  else {
    for (const stop of bar.children) stop.tabIndex = -1
    stops[goal].tabIndex = 0
    stops[goal].focus()
  }
  event.preventDefault()
}

const KEYS = "Alt+F10: to the bar above. Escape, then Tab: out of this text."
let hints = 0

/* True tells the editor to leave the key to the browser. */
const leaveAfterEscape = () => {
  let isLeaving = false
  return (_, event) => {
    const leaves = isLeaving && event.key === "Tab"
    if (event.key !== "Shift") isLeaving = event.key === "Escape"
    return leaves
  }
}

export const Toolbar = Extension.create({
  name: "toolbar",

  onCreate() {
    const { editor } = this
    if (!editor.isEditable) return
    const buttons = BUTTONS.map((item) => [item, makeButton(editor, item)])
    const claim = claimField(editor)
    const reason = makeButton(editor, button("No source…", "Why this needs no source", ask("askNoSourceReason")))
    claim.className = "group"
    const name = editor.view.dom.getAttribute("aria-label")
    const bar = element(
      "div",
      { class: "desk-toolbar", role: "toolbar", "aria-label": `Formatting: ${name}` },
      [...buttons.slice(0, -2).map(([, made]) => made), claim, reason, ...buttons.slice(-2).map(([, made]) => made)],
    )
    bar.firstElementChild.tabIndex = 0
    bar.addEventListener("keydown", walk(bar, editor))
    editor.view.dom.before(bar)
    editor.view.dom.after(element("p", { id: this.storage.hint, class: "help desk-keys" }, [KEYS]))

    const refresh = () => {
      for (const [item, made] of buttons) {
        made.hidden = !item.shown(editor)
        if (item.active) made.setAttribute("aria-pressed", String(editor.isActive(item.active)))
      }
      const block = currentBlock(editor.state)
      claim.disabled = !block
      if (block) claim.value = claimOf(block.node)
      reason.classList.toggle("is-set", Boolean(block?.node.attrs.reason))
      if (!bar.querySelector('[tabindex="0"]:not([hidden])')) bar.firstElementChild.tabIndex = 0
    }
    this.storage.bar = bar
    editor.on("transaction", refresh)
    refresh()
  },

  addProseMirrorPlugins() {
    this.storage.hint = `desk-keys-${++hints}`
    const attributes = { "aria-describedby": this.storage.hint }
    return [new Plugin({ props: { attributes, handleDOMEvents: { keydown: leaveAfterEscape() } } })]
  },

  addKeyboardShortcuts() {
    return {
      "Alt-F10": () => {
        this.storage.bar?.querySelector('[tabindex="0"]').focus()
        return true
      },
    }
  },
})
