"""Forms that readers fill in: one, with one field."""

import re
from typing import Any

from django import forms
from django.core import signing

# What mail systems really use, and nothing that a header, a list of recipients or a script could be made of:
# no quotes, commas, spaces, angle brackets, control characters, encoded words or letters beyond ASCII.
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*"
ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=.{{1,64}}@){LOCAL_PART}@(?:{LABEL}\.)+(?=[A-Za-z-]*[A-Za-z]){LABEL}\Z")
TOKEN_SALT = "send to a friend"
TOKEN_HOURS = 4
NO_ADDRESS = "This is not an email address we can write to. One looks like name@example.org."
STALE = "This form has been open for too long, so nothing was sent. The address is still here: please send it again."


class ShareForm(forms.Form):
    """One address; the token proves that the form was asked for, without a cookie."""

    address = forms.CharField(
        max_length=254, error_messages={"required": "Please give an address.", "max_length": NO_ADDRESS}
    )
    token = forms.CharField(max_length=200, error_messages={"required": STALE, "max_length": STALE})

    def __init__(self, article_uid: str, data: Any = None) -> None:
        super().__init__(data)
        self.article_uid = article_uid

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if not ADDRESS.match(address):
            raise forms.ValidationError(
                "This is not an email address we can write to. One looks like name@example.org."
            )
        return address

    def clean_token(self) -> str:
        try:
            uid = signing.loads(self.cleaned_data["token"], salt=TOKEN_SALT, max_age=TOKEN_HOURS * 3600)
        except signing.BadSignature:
            uid = ""
        if uid != self.article_uid:
            raise forms.ValidationError(STALE)
        return uid


def share_token(article_uid: str) -> str:
    """A fresh token for the form of one article."""
    return signing.dumps(article_uid, salt=TOKEN_SALT)
