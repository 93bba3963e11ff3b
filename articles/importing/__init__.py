"""From somebody's old page to a draft of ours.

`parsing.parse` is pure: bytes in, an `ImportedPage` or an `ImportRefused` out. `confined.parse` does the same in a
child process with limits. `drafts.import_page` is the act: it makes the draft. Pages of our own JSON, as
written by `articles.exporting`, go through the same door.
"""
