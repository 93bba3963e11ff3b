/* The article screen without reloading: sections move, come and go in place; leaving with unsaved words is asked
   about. Without this file the same buttons work through the server. */

import { createEditor } from "django-prose-editor/configurable"

import { pickSource } from "./citations.js"

const form = document.getElementById("article-form")
const sections = document.getElementById("sections")
let isDirty = false

const newUid = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("")

const say = (words) => {
  const status = document.getElementById("desk-status") ?? document.createElement("p")
  status.id = "desk-status"
  status.className = "visually-hidden"
  status.setAttribute("role", "status")
  document.body.append(status)
  status.textContent = words
}

const addSection = () => {
  const made = document.getElementById("section-fields").content.firstElementChild.cloneNode(true)
  const uid = newUid()
  for (const part of [made, ...made.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) part.setAttribute(name, value.replaceAll("__uid__", uid))
  }
  sections.append(made)
  createEditor(made.querySelector("textarea"))
  made.querySelector("input[type=text]").focus()
  say("Section added at the end.")
}

/* Another row for a person or a code: the last one, emptied. */
const addRow = (prefix) => {
  const rows = form.querySelectorAll(`[data-rows="${prefix}"] .desk-row`)
  const total = form.querySelector(`[name="${prefix}-TOTAL_FORMS"]`)
  const made = rows[rows.length - 1].cloneNode(true)
  for (const part of made.querySelectorAll("[name], [for], .errorlist")) {
    for (const name of ["name", "id", "for"]) {
      const value = part.getAttribute(name)
      if (value) part.setAttribute(name, value.replace(`${prefix}-${total.value - 1}-`, `${prefix}-${total.value}-`))
    }
    if (part.matches(".errorlist")) part.remove()
    else if (part.matches("select")) part.selectedIndex = 0
    else if (part.matches("input")) part.value = ""
  }
  rows[rows.length - 1].after(made)
  total.value = Number(total.value) + 1
  made.querySelector("select, input").focus()
  say("Row added.")
}

const acts = {
  up: (section) => section.previousElementSibling?.before(section),
  down: (section) => section.nextElementSibling?.after(section),
  remove: (section) => section.remove(),
}

const removed = (section) => {
  const hidden = document.createElement("p")
  const undo = document.createElement("button")
  undo.type = "button"
  undo.className = "button"
  undo.textContent = "Bring the removed section back"
  undo.addEventListener("click", () => {
    hidden.replaceWith(section)
    section.querySelector("input[type=text]").focus()
  })
  hidden.append(undo)
  section.replaceWith(hidden)
  undo.focus()
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=section_act]")
  if (!button) return
  event.preventDefault()
  isDirty = true
  const [act, uid] = button.value.split(":")
  if (act === "add") return addSection()
  if (act === "row") return addRow(uid)
  const section = sections.querySelector(`[data-section="${CSS.escape(uid)}"]`)
  if (act === "remove") {
    removed(section)
    return say("Section removed. It goes when you save.")
  }
  acts[act](section)
  button.focus()
  return say(`Section moved ${act}.`)
})

form?.addEventListener("input", () => {
  isDirty = true
})

form?.addEventListener("submit", () => {
  isDirty = false
})

window.addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault()
})

const citeWhole = document.getElementById("cite-whole")
citeWhole?.closest("[hidden]").removeAttribute("hidden")
citeWhole?.addEventListener("click", async () => {
  const { find, add } = citeWhole.dataset
  if (await pickSource({ find, add, isWhole: true })) isDirty = true
  citeWhole.focus()
})

/* A finding about one statement leads to it. */
for (const finding of document.querySelectorAll("[data-block]")) {
  const button = document.createElement("button")
  button.type = "button"
  button.className = "finding-link"
  button.textContent = "Show"
  button.addEventListener("click", () => {
    const place = document.querySelector(`.ProseMirror [data-uid="${CSS.escape(finding.dataset.block)}"]`)
    place?.scrollIntoView({ block: "center" })
    place?.classList.add("is-shown")
    setTimeout(() => place?.classList.remove("is-shown"), 2000)
  })
  finding.append(" ", button)
}
