/* Names for the stock admin's search-as-you-type fields, whose own script gives them none. It makes them after the page,
   and their list each time it is opened: whatever comes in is looked at. */
const nameFields = () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = select.labels?.[0]?.textContent.trim().replace(/:$/, "")
    const widget = select.nextElementSibling
    if (!label || !widget?.classList.contains("select2")) continue
    for (const part of widget.querySelectorAll("[role=combobox], [role=textbox]")) part.setAttribute("aria-label", label)
    if (widget.classList.contains("select2-container--open")) nameList(widget, label)
  }
}

const nameList = (widget, label) => {
  const list = document.querySelector("body > .select2-container--open")
  list?.setAttribute("role", "region")
  for (const part of [list, list?.querySelector(".select2-search__field")]) part?.setAttribute("aria-label", label)
  const field = widget.querySelector("[role=combobox][aria-owns]")
  field?.setAttribute("aria-controls", field.getAttribute("aria-owns"))
}

const keepNamed = () => {
  if (!document.querySelector("select.admin-autocomplete")) return
  nameFields()
  new MutationObserver(nameFields).observe(document.body, { childList: true, subtree: true })
}

/* Work that is done a few seconds at a time goes on by itself, as if its button were pressed each time; what is done
   meanwhile elsewhere, after so many milliseconds. */
const goOn = () => {
  const form = document.querySelector("form[data-goes-on]")
  if (form) setTimeout(() => form.requestSubmit(), Number(form.dataset.goesOn))
}

window.addEventListener("load", () => {
  keepNamed()
  goOn()
})
