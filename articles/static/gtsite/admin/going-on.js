/* Back to the text after a button or a question. At once, not in the next frame, so that no key typed now is lost;
   and where it was left, for a browser that gives a field its focus back puts the cursor at its start. */

export const goOn = (editor, selection = editor.state.selection) => {
  const bookmark = selection.getBookmark()
  editor.view.focus()
  return editor
    .chain()
    .command(({ tr }) => Boolean(tr.setSelection(bookmark.resolve(tr.doc))))
    .scrollIntoView()
}
