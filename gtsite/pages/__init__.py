"""The page server: ready pages answered before Django, from memory, and from disk when the database is silent.

database   the server's own read-only connection: version number, changed paths, rows
forms      one page and the answers made from it: encodings, validators, headers
memory     pages kept in the process, bounded in bytes
copies     pages kept on the disk of this host
lease      how long what we know of the database may be believed
following  the background thread that keeps the copies up to date
server     the WSGI wrapper that joins them
"""

from gtsite.pages.lease import wait_one_lease
from gtsite.pages.server import PageServer

__all__ = ["PageServer", "wait_one_lease"]
