"""The ATM's memory of requests that were sent and not answered, so that a retry repeats the id and not the money.

Beside the card lies a directory, `<card>.pending/`. It has a file for every request in flight. The file is on the disk
before the request is sent, and it is removed after the answer was told. The process that sends a request holds the lock
of its file, and the lock dies with the process. So a file that nobody holds is an orphan: whoever locks it may send the
request again, to the bank that it was for.
"""
