/* Names for the stock admin's search-as-you-type fields, whose own script gives them none. */

const nameFields = () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = select.labels?.[0]?.textContent.trim().replace(/:$/, "")
    const widget = select.nextElementSibling
    if (!label || !widget?.classList.contains("select2")) continue
    for (const part of widget.querySelectorAll("[role=combobox], [role=textbox]")) part.setAttribute("aria-label", label)
  }
}

/* Work that is done a few seconds at a time goes on by itself, as if its button were pressed each time. */
const goOn = () => document.querySelector("form[data-goes-on]")?.requestSubmit()

window.addEventListener("load", () => {
  nameFields()
  goOn()
})
