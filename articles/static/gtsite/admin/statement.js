/* Every block is a statement: it keeps its uid through typing and splitting, says what kind of claim it makes,
   and shows while you write whether it still needs a source. */

import { Extension, pm } from "django-prose-editor/editor"

import { ask } from "./dialog.js"
import { goOn } from "./going-on.js"

const { Plugin } = pm.state
const { Decoration, DecorationSet } = pm.view

export const BLOCKS = ["paragraph", "heading", "listItem", "callout", "table", "figure"]
const NEEDS_SOURCE = ["fact", "number", "advice"]

export const CLAIMS = [
  ["fact", "Fact"],
  ["number", "Number"],
  ["advice", "Advice"],
  ["opinion", "Opinion"],
  ["definition", "Definition"],
  ["none", "No claim"],
]

const usualClaim = (node) => (["heading", "figure"].includes(node.type.name) ? "none" : "fact")

const attribute = (name, keepOnSplit) => ({
  default: null,
  keepOnSplit,
  parseHTML: (dom) => dom.getAttribute(name),
  renderHTML: (attributes) => {
    const value = attributes[{ "data-uid": "uid", "data-claim": "claim", "data-no-source-reason": "reason" }[name]]
    return value ? { [name]: value } : {}
  },
})

/* The block that the cursor is in: the outermost of a callout, table or figure; the innermost list item. */
export const currentBlock = (state) => {
  const { $from, node } = state.selection
  if (node && BLOCKS.includes(node.type.name)) return { node, pos: state.selection.from }
  let found = null
  for (let depth = $from.depth; depth > 0; depth--) {
    const candidate = $from.node(depth)
    if (!BLOCKS.includes(candidate.type.name)) continue
    const isBetter = !found || candidate.type.name !== "listItem" || found.node.type.name === "paragraph"
    if (isBetter) found = { node: candidate, pos: $from.before(depth) }
  }
  return found
}

export const claimOf = (node) => node.attrs.claim || usualClaim(node)

/* A list item's own words are its first paragraph; the lists under it are statements of their own. */
const ownPart = (node) => (node.type.name === "listItem" ? node.firstChild : node)

const isCited = (node) => {
  let cited = false
  ownPart(node).descendants((child) => {
    if (child.type.name === "citation") cited = true
    return !cited
  })
  return cited
}

const lacksSource = (node) =>
  NEEDS_SOURCE.includes(claimOf(node)) && !node.attrs.reason && ownPart(node).textContent.trim() && !isCited(node)

const marks = (doc) => {
  const found = []
  doc.descendants((node, pos, parent) => {
    if (!BLOCKS.includes(node.type.name)) return true
    const isOwn = node.type.name !== "paragraph" || parent.type.name === "doc"
    if (isOwn && lacksSource(node)) {
      found.push(Decoration.node(pos, pos + node.nodeSize, { class: "is-uncited" }))
    }
    return node.type.name === "listItem"
  })
  return DecorationSet.create(doc, found)
}

export const Statement = Extension.create({
  name: "statement",

  addGlobalAttributes() {
    return [
      {
        types: BLOCKS,
        attributes: {
          uid: attribute("data-uid", false),
          claim: attribute("data-claim", true),
          reason: attribute("data-no-source-reason", false),
        },
      },
    ]
  },

  addCommands() {
    const set =
      (attributes) =>
      ({ state, tr, dispatch }) => {
        const block = currentBlock(state)
        if (!block) return false
        if (dispatch) dispatch(tr.setNodeMarkup(block.pos, undefined, { ...block.node.attrs, ...attributes }))
        return true
      }
    return {
      setClaim: (claim) => set({ claim }),
      setNoSourceReason: (reason) => set({ reason: reason || null }),
      askNoSourceReason:
        () =>
        ({ editor, state }) => {
          const block = currentBlock(state)
          if (!block) return false
          const field = {
            name: "reason",
            label: "Why this statement needs no source",
            help: "Colleagues and auditors see it. Leave it empty if a source will be added.",
            longest: 300,
          }
          ask("Without a source", [field], { reason: block.node.attrs.reason || "" }).then((answer) => {
            const chain = goOn(editor, state.selection)
            return answer ? chain.setNoSourceReason(answer.reason.trim()).run() : chain.run()
          })
          return true
        },
    }
  },

  addProseMirrorPlugins() {
    const textarea = () => this.editor.options.element.querySelector("textarea")
    const name = () => textarea()?.labels?.[0]?.textContent.trim() || textarea()?.getAttribute("aria-label") || "Text"
    return [
      new Plugin({
        state: {
          init: (_, state) => marks(state.doc),
          apply: (tr, set) => (tr.docChanged ? marks(tr.doc) : set),
        },
        props: {
          decorations(state) {
            return this.getState(state)
          },
          attributes: () => ({ role: "textbox", "aria-multiline": "true", "aria-label": name() }),
        },
      }),
    ]
  },
})
