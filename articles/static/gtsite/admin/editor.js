/* The parts that the word-processor field is made of, by the names in articles/admin/widgets.py. */

export { Statement } from "./statement.js"
export { Abbreviation, Citation, Foreign, Link } from "./inline.js"
export { Callout, CalloutTitle, Heading, ListItem } from "./blocks.js"
export { Figure } from "./figure.js"
export { Table, TableCell, TableHeader } from "./table.js"
export { Toolbar } from "./toolbar.js"
