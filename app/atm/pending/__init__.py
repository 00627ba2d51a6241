"""The ATM's memory of requests that were sent and not answered, so that a retry repeats the id and not the money.

Beside the card lies a directory, `<card>.pending/`, with a file for every request in flight: on the disk before
the request is sent, gone after its answer was told. The process that sent it holds the file's lock, which dies with the
process; so a file that nobody holds is an orphan, and whoever locks it may send it again, to the bank that it was for.
"""
