/* One way to ask: a native modal dialog with labelled fields. Resolves to the values, or to null. */

let asked = 0

export const element = (tag, attributes = {}, children = []) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "")
    else if (value !== false && value != null) made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

export const open = (title, content, { onClose } = {}) => {
  const id = `dialog-${++asked}`
  const close = element("button", { type: "button", class: "dialog-close", "aria-label": "Close" }, ["×"])
  const heading = element("h2", { id }, [title])
  const dialog = element("dialog", { class: "desk-dialog", "aria-labelledby": id }, [heading, close, ...content])
  close.addEventListener("click", () => dialog.close())
  dialog.addEventListener("close", () => {
    dialog.remove()
    onClose?.()
  })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

const control = (field, value, id) => {
  if (field.choices) {
    return element(
      "select",
      { id, name: field.name },
      field.choices.map(([key, label]) => element("option", { value: key, selected: key === value }, [label])),
    )
  }
  return element("input", {
    id,
    name: field.name,
    type: field.type || "text",
    value,
    required: field.required,
    maxlength: field.longest,
    pattern: field.pattern,
    "aria-describedby": field.help ? `${id}-help` : null,
  })
}

const row = (field, value) => {
  const id = `field-${++asked}-${field.name}`
  const help = field.help ? [element("p", { class: "help", id: `${id}-help` }, [field.help])] : []
  return element("div", { class: "dialog-field" }, [
    element("label", { for: id }, [field.label]),
    control(field, value, id),
    ...help,
  ])
}

export const ask = (title, fields, values = {}, { submit = "Save", remove = "" } = {}) =>
  new Promise((resolve) => {
    let answer = null
    const form = element("form", { method: "dialog" }, fields.map((field) => row(field, values[field.name] ?? "")))
    const buttons = element("div", { class: "dialog-buttons" }, [
      element("button", { type: "submit", class: "button default" }, [submit]),
    ])
    if (remove) {
      const button = element("button", { type: "button", class: "button" }, [remove])
      button.addEventListener("click", () => {
        answer = {}
        dialog.close()
      })
      buttons.append(button)
    }
    form.append(buttons)
    form.addEventListener("submit", () => {
      answer = Object.fromEntries(new FormData(form))
    })
    const dialog = open(title, [form], { onClose: () => resolve(answer) })
    form.querySelector("input, select").focus()
  })
