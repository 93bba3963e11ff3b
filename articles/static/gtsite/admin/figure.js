/* Pictures: uploaded or chosen, with words for people who cannot see them. */

import { Node } from "django-prose-editor/editor"

import { element, open } from "./dialog.js"
import { goOn } from "./going-on.js"

const number = (dom, name) => Number.parseInt(dom.getAttribute(name) || "0", 10) || 0

const token = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? ""

const upload = async (address, file) => {
  const body = new FormData()
  body.append("picture", file)
  const response = await fetch(address, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": token() },
    credentials: "same-origin",
  }).catch(() => null)
  return (await response?.json().catch(() => null)) ?? { problem: "The picture could not be sent. Try again." }
}

const choice = (picture, pictures, pick) => {
  const image = element("img", { src: pictures + picture.file, alt: `Picture of ${picture.uploaded}`, loading: "lazy" })
  const button = element("button", { type: "button" }, [image])
  button.addEventListener("click", () => pick(picture))
  return element("li", {}, [button])
}

const pickPicture = (options) =>
  new Promise((resolve) => {
    let chosen = null
    const input = element("input", { id: "picture-file", type: "file", accept: "image/png,image/jpeg,image/webp" })
    const status = element("p", { role: "status", class: "help" })
    const list = element("ul", { class: "picture-results", "aria-label": "Pictures uploaded before" })
    const pick = (picture) => {
      chosen = picture
      dialog.close()
    }
    input.addEventListener("change", async () => {
      if (!input.files.length) return
      status.textContent = "Uploading…"
      const answer = await upload(options.upload, input.files[0])
      if (answer.problem) status.textContent = answer.problem
      else pick(answer)
    })
    fetch(options.list, { credentials: "same-origin" })
      .then((response) => response.json())
      .then(({ results }) => list.append(...results.map((picture) => choice(picture, options.pictures, pick))))
      .catch(() => {})
    const content = [
      element("div", { class: "dialog-field" }, [
        element("label", { for: "picture-file" }, ["Upload a picture (PNG, JPEG or WebP)"]),
        input,
      ]),
      status,
      element("h3", {}, ["Or choose one uploaded before"]),
      list,
    ]
    const dialog = open("Insert a figure", content, { onClose: () => resolve(chosen) })
    input.focus()
  })

const labelled = (text, control) => element("label", {}, [text, control])

/* The facts of a figure are fields around the picture, so that a missing description is seen at once. */
const facts = (node, set, editable) => {
  const alt = element("input", { type: "text", value: node.attrs.alt, disabled: !editable })
  const decorative = element("input", { type: "checkbox", disabled: !editable })
  const credit = element("input", { type: "text", value: node.attrs.credit, disabled: !editable })
  const show = ({ attrs }) => {
    if (alt.value !== attrs.alt) alt.value = attrs.alt
    if (credit.value !== attrs.credit) credit.value = attrs.credit
    decorative.checked = attrs.decorative
    alt.disabled = attrs.decorative || !editable
  }
  alt.addEventListener("input", () => set("alt", alt.value))
  credit.addEventListener("input", () => set("credit", credit.value))
  decorative.addEventListener("change", () => set("decorative", decorative.checked))
  show(node)
  const dom = element("div", { class: "figure-facts", contenteditable: "false" }, [
    labelled("What the picture shows, for people who cannot see it ", alt),
    element("label", { class: "check" }, [decorative, " Only decoration: it adds nothing to the text"]),
    labelled("Credit ", credit),
  ])
  return { dom, show }
}

export const Figure = Node.create({
  name: "figure",
  group: "block",
  content: "inline*",
  defining: true,
  isolating: true,

  addOptions() {
    return { upload: "", list: "", pictures: "" }
  },

  addAttributes() {
    const data = (name, usual, parse) => ({
      default: usual,
      parseHTML: parse,
      renderHTML: (attributes) => (attributes[name] ? { [`data-${name}`]: String(attributes[name]) } : {}),
    })
    return {
      file: data("file", "", (dom) => dom.getAttribute("data-file")),
      width: data("width", 0, (dom) => number(dom, "data-width")),
      height: data("height", 0, (dom) => number(dom, "data-height")),
      decorative: data("decorative", false, (dom) => dom.getAttribute("data-decorative") === "true"),
      credit: data("credit", "", (dom) => dom.getAttribute("data-credit") ?? ""),
      alt: { default: "", rendered: false, parseHTML: (dom) => dom.querySelector("img")?.getAttribute("alt") ?? "" },
    }
  },

  parseHTML() {
    const caption = (dom) => dom.querySelector("figcaption") ?? document.createElement("figcaption")
    return [{ tag: "figure[data-file]", contentElement: caption }]
  },

  renderHTML({ node, HTMLAttributes }) {
    return ["figure", HTMLAttributes, ["img", { alt: node.attrs.alt }], ["figcaption", {}, 0]]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const set = (name, value) =>
        editor.commands.command(({ tr }) => !!tr.setNodeAttribute(getPos(), name, value))
      const contentDOM = element("figcaption", { "data-placeholder": "Caption" })
      const image = element("img", {
        src: this.options.pictures + node.attrs.file,
        alt: node.attrs.alt,
        width: node.attrs.width || null,
        height: node.attrs.height || null,
        contenteditable: "false",
      })
      const fields = facts(node, set, editor.isEditable)
      const dom = element("figure", {}, [image, contentDOM, fields.dom])
      return {
        dom,
        contentDOM,
        stopEvent: (event) => fields.dom.contains(event.target),
        ignoreMutation: (mutation) => !contentDOM.contains(mutation.target),
        update: (changed) => {
          if (changed.type !== node.type || changed.attrs.file !== node.attrs.file) return false
          image.alt = changed.attrs.alt
          fields.show(changed)
          return true
        },
      }
    }
  },

  addCommands() {
    return {
      askFigure:
        () =>
        ({ editor }) => {
          const { selection } = editor.state
          pickPicture(this.options).then((picture) => {
            const chain = goOn(editor, selection)
            if (!picture) return chain.run()
            const { file, width, height } = picture
            return chain.insertContent({ type: this.name, attrs: { file, width, height } }).run()
          })
          return true
        },
    }
  },

  addKeyboardShortcuts() {
    return {
      Enter: () => {
        if (this.editor.state.selection.$from.parent.type.name !== this.name) return false
        const after = this.editor.state.selection.$from.after()
        return this.editor.chain().insertContentAt(after, { type: "paragraph" }).focus(after + 1).run()
      },
    }
  },
})
