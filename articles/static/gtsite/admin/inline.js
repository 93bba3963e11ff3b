/* What stands inside a line: links, abbreviations, words in another language, citations. */

import { Link as BaseLink, Mark, mergeAttributes, Node } from "django-prose-editor/editor"

import { labelOf, onCitationsChange, pickSource, showCitation } from "./citations.js"
import { ask } from "./dialog.js"
import { goOn } from "./going-on.js"

/* Ask for one attribute of a mark, then set, change or take off the mark. */
const askMark = (editor, mark, title, field, remove) => {
  const attribute = field.name
  const present = editor.getAttributes(mark)[attribute] || ""
  const { selection } = editor.state
  if (selection.empty && !present) return false
  ask(title, [field], { [attribute]: present }, { remove: present ? remove : "" }).then((answer) => {
    const chain = goOn(editor, selection)
    if (!answer) return chain.run()
    const value = answer[attribute]?.trim()
    if (present) chain.extendMarkRange(mark)
    return value ? chain.setMark(mark, { [attribute]: value }).run() : chain.unsetMark(mark).run()
  })
  return true
}

const ADDRESS = {
  name: "href",
  label: "Address",
  help: "https://…, mailto:…, tel:…, or /articles/… on this site.",
  pattern: "(https?:\\/\\/|mailto:|tel:|\\/[^\\/]).*",
}

export const Link = BaseLink.extend({
  addOptions() {
    return { ...this.parent?.(), openOnClick: false, defaultProtocol: "https", HTMLAttributes: {} }
  },

  addAttributes() {
    return { href: { default: null, parseHTML: (dom) => dom.getAttribute("href") } }
  },

  addCommands() {
    return {
      ...this.parent?.(),
      askLink:
        () =>
        ({ editor }) =>
          askMark(editor, "link", "Link", ADDRESS, "Remove link"),
    }
  },

  addKeyboardShortcuts() {
    return { "Mod-k": () => this.editor.commands.askLink() }
  },
})

export const Abbreviation = Mark.create({
  name: "abbreviation",
  inclusive: false,
  addAttributes() {
    return { title: { default: "" } }
  },
  parseHTML() {
    return [{ tag: "abbr[title]" }]
  },
  renderHTML({ HTMLAttributes }) {
    return ["abbr", HTMLAttributes, 0]
  },
  addCommands() {
    const field = { name: "title", label: "In full", help: "Readers see this when they point at the letters." }
    return {
      askAbbreviation:
        () =>
        ({ editor }) =>
          askMark(editor, "abbreviation", "Abbreviation", field, "Remove explanation"),
    }
  },
})

/* Word marks every run with the language of the program; only what differs from the page is worth keeping. */
const isForeign = (dom) => {
  const language = dom.getAttribute("lang")
  return language && language.split("-")[0].toLowerCase() !== document.documentElement.lang.split("-")[0]
}

export const Foreign = Mark.create({
  name: "foreign",
  inclusive: false,
  addAttributes() {
    return { lang: { default: "" } }
  },
  parseHTML() {
    return [{ tag: "span[lang]", getAttrs: (dom) => (isForeign(dom) ? null : false) }]
  },
  renderHTML({ HTMLAttributes }) {
    return ["span", HTMLAttributes, 0]
  },
  addCommands() {
    const field = {
      name: "lang",
      label: "Language of these words",
      help: "Two letters, such as fr or la; screen readers then speak the words rightly.",
      pattern: "[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*",
    }
    return {
      askLanguage:
        () =>
        ({ editor }) =>
          askMark(editor, "foreign", "Another language", field, "Remove language"),
    }
  },
})

/* A citation in the text carries only its uid; where in the source, when read, and the quote are in the table
   of citations under the fields. */
export const Citation = Node.create({
  name: "citation",
  group: "inline",
  inline: true,
  atom: true,
  selectable: false, // a click beside it must not make the next letter replace it

  addOptions() {
    return { find: "", add: "" }
  },

  addAttributes() {
    const named = (name) => ({
      default: null,
      parseHTML: (dom) => dom.getAttribute(`data-${name}`),
      renderHTML: (attributes) => (attributes[name] ? { [`data-${name}`]: attributes[name] } : {}),
    })
    return { uid: named("uid"), key: named("key") }
  },

  parseHTML() {
    return [{ tag: "cite[data-uid]" }, { tag: "cite[data-key]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["cite", mergeAttributes(HTMLAttributes)]
  },

  renderText({ node }) {
    return ` [${labelOf(node.attrs.uid, node.attrs.key)}]`
  },

  addNodeView() {
    return ({ node }) => {
      const dom = document.createElement("span")
      dom.className = "citation-chip"
      dom.contentEditable = "false"
      const refresh = () => {
        dom.textContent = labelOf(node.attrs.uid, node.attrs.key)
      }
      const forget = onCitationsChange(refresh)
      dom.addEventListener("dblclick", () => showCitation(node.attrs.uid))
      refresh()
      return { dom, destroy: forget, ignoreMutation: () => true }
    }
  },

  addCommands() {
    return {
      askCitation:
        () =>
        ({ editor }) => {
          const { selection } = editor.state
          pickSource(this.options).then((citation) => {
            const chain = goOn(editor, selection)
            if (!citation) return chain.run()
            return chain.insertContentAt(selection.to, { type: this.name, attrs: citation }).run()
          })
          return true
        },
    }
  },

  addKeyboardShortcuts() {
    return {
      "Mod-Alt-c": () => this.editor.commands.askCitation(),
    }
  },
})
