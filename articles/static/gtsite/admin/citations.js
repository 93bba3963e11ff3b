/* The table "Citations in this article" under the fields, and the picker that adds to it. */

import { element, open } from "./dialog.js"

const table = () => document.getElementById("citations")
const rowOf = (uid) => table()?.querySelector(`[data-citation="${CSS.escape(uid || "")}"]`)
const input = (row, name) => row?.querySelector(`[data-field="${name}"]`)

export const labelOf = (uid, key) => {
  const row = rowOf(uid)
  const locator = input(row, "locator")?.value.trim()
  const name = row?.dataset.key || key || "unknown source"
  return locator ? `${name}, ${locator}` : name
}

export const onCitationsChange = (refresh) => {
  document.addEventListener("citations:change", refresh)
  return () => document.removeEventListener("citations:change", refresh)
}

const changed = () => document.dispatchEvent(new CustomEvent("citations:change"))

document.addEventListener("input", (event) => {
  if (event.target.closest?.("#citations")) changed()
})

export const showCitation = (uid) => {
  const row = rowOf(uid)
  if (!row) return
  row.scrollIntoView({ block: "center" })
  input(row, "locator").focus()
}

const newUid = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("")

const today = () => {
  const now = new Date()
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-")
}

const addRow = (source, locator, isWhole) => {
  const uid = newUid()
  const template = document.getElementById("citation-row")
  if (!template) return { uid, key: source.key }
  const row = template.content.firstElementChild.cloneNode(true)
  for (const part of [row, ...row.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) part.setAttribute(name, value.replaceAll("__uid__", uid))
  }
  row.dataset.key = source.key
  row.querySelector("[data-source-key]").textContent = source.key
  row.querySelector("[data-source-text]").textContent = source.text
  for (const part of row.querySelectorAll("[aria-label]")) part.ariaLabel += source.key
  input(row, "key").value = source.key
  input(row, "locator").value = locator
  input(row, "accessed").value = today()
  input(row, "whole").value = isWhole ? "on" : ""
  row.querySelector("[data-whole]").hidden = !isWhole
  table().querySelector("tbody").append(row)
  changed()
  return { uid, key: source.key }
}

/* --- the picker ------------------------------------------------------------------------------------------------ */

const result = (source, pick) => {
  const button = element("button", { type: "button" }, [
    element("strong", {}, [source.key]),
    " ",
    source.text,
    ...(source.warning ? [element("em", { class: "warning" }, [` ${source.warning}`])] : []),
  ])
  button.addEventListener("click", () => pick(source))
  return element("li", {}, [button])
}

const counted = (number) => (number === 1 ? "1 source" : `${number || "No"} sources`)

const moveBetween = (list, search) => (event) => {
  const buttons = [...list.querySelectorAll("button")]
  const place = buttons.indexOf(document.activeElement)
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step || !buttons.length) return
  event.preventDefault()
  if (place + step < 0) search.focus()
  else buttons[Math.min(place + step, buttons.length - 1)].focus()
}

export const pickSource = ({ find, add, isWhole = false }) =>
  new Promise((resolve) => {
    let chosen = null
    let latest = 0
    let waiting
    const search = element("input", { id: "source-search", type: "search", autocomplete: "off" })
    const locator = element("input", { id: "source-locator", maxlength: 80, placeholder: "p. 150" })
    const list = element("ul", { class: "source-results", "aria-label": "Sources found" })
    const status = element("p", { role: "status", class: "help" })
    const make = element("a", { href: `${add}?_popup=1&_to_field=key`, class: "button" }, ["Make a new source"])

    const pick = (source) => {
      chosen = addRow(source, locator.value.trim(), isWhole)
      dialog.close()
    }
    const look = async () => {
      const turn = ++latest
      if (!search.value.trim()) {
        list.replaceChildren()
        status.textContent = ""
        return []
      }
      const answer = await fetch(`${find}?q=${encodeURIComponent(search.value)}`, { credentials: "same-origin" })
        .then((response) => (response.ok ? response.json() : null))
        .catch(() => null)
      if (turn !== latest) return []
      list.inert = false
      const results = answer ?? []
      list.replaceChildren(...results.map((source) => result(source, pick)))
      status.textContent = answer ? `${counted(results.length)} found.` : "The library did not answer. Try again."
      return results
    }
    const lookSoon = () => {
      clearTimeout(waiting)
      latest += 1 // an answer to what was asked before comes too late
      list.inert = true // nobody picks from it, and it takes no focus with it when it changes
      status.textContent = "Looking …"
      waiting = setTimeout(look, 200)
    }

    const content = [
      element("div", { class: "dialog-field" }, [
        element("label", { for: "source-search" }, ["Find a source by author, title, DOI, PMID or key"]),
        search,
      ]),
      element("div", { class: "dialog-field" }, [
        element("label", { for: "source-locator" }, ["Where in the source (may stay empty)"]),
        locator,
      ]),
      status,
      list,
      element("div", { class: "dialog-buttons" }, [make]),
    ]
    const dialog = open("Cite a source", content, {
      onClose: () => {
        delete window.dismissAddRelatedObjectPopup
        resolve(chosen)
      },
    })
    make.addEventListener("click", (event) => {
      event.preventDefault()
      window.open(make.href, "new-source", "width=900,height=800,resizable=yes,scrollbars=yes")
    })
    search.addEventListener("input", lookSoon)
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return
      event.preventDefault()
      if (!list.inert) list.querySelector("button")?.click()
    })
    dialog.addEventListener("keydown", moveBetween(list, search))
    // The admin's popup tells its opener, by this name, the key of the source that was made.
    window.dismissAddRelatedObjectPopup = async (popup, key) => {
      popup.close()
      search.value = key
      const made = (await look())?.find((source) => source.key === key)
      if (made) pick(made)
    }
    search.focus()
  })
