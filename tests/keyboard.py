"""Somebody who works without a mouse, and looks where the caret is before the next key."""

from tests.screens import whole

MOST_TABS = 120

# ProseMirror looks at the selection once more, 20 ms after it got the focus, and puts back what the browser has not
# yet told it: keys faster than any hand would lose a step. Timers of one delay run in the order in which they were set.
AT_REST = """() => {
    const view = document.querySelector(".ProseMirror-focused")?.editor?.view
    if (!view) return true
    const { lastFocus } = view.input
    if (view.restedSince !== lastFocus) {
        setTimeout(() => { view.restedSince = lastFocus }, 20)
        return false
    }
    return view.domObserver.currentSelection.eq(view.domSelectionRange())
}"""


class Keyboard:
    """What is not reached by Tab and the arrow keys does not exist for somebody without a mouse."""

    def __init__(self, page):
        self.page = page

    def press(self, *keys):
        for key in keys:
            self.rest()
            self.page.keyboard.press(key)

    def type(self, words):
        self.rest()
        self.page.keyboard.type(words)

    def rest(self):
        """Wait until the editor, if it has the focus, knows where the browser's caret is."""
        self.page.wait_for_function(AT_REST)

    def reach(self, target):
        """Press Tab until `target` has the focus."""
        target.first.wait_for()
        focused = target.and_(self.page.locator(":focus"))
        self.rest()
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if focused.count():
                return
        raise AssertionError(f"{target} is not reached by {MOST_TABS} presses of Tab")

    def open(self, name, role="link", within="body"):
        """Reach what bears this name, press Enter, and wait for the page it leads to."""
        self.reach(self.page.locator(within).get_by_role(role, name=name, exact=True))
        with self.page.expect_navigation():
            self.press("Enter")
        whole(self.page)

    def button(self, name):
        self.open(name, "button", "main, #main, #container")

    def unfold(self, words):
        self.reach(self.page.locator("summary", has_text=words))
        self.press("Enter")

    def fill(self, label, words):
        self.reach(self.page.get_by_label(label))
        self.type(words)

    def back_in_text(self):
        """Wait until what was opened from the text has given the focus back to it."""
        self.page.locator(".ProseMirror:focus").wait_for()

    def tool(self, name):
        """Press a button of the bar above the text."""
        self.press("Alt+F10")
        wanted = self.page.get_by_role("button", name=name).and_(self.page.locator(":focus"))
        for _ in range(30):
            if wanted.count():
                return self.press("Enter")
            self.press("ArrowRight")
        raise AssertionError(f"the bar has no button {name}")
