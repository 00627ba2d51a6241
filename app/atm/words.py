"""The sentences of the ATM: what the bank answered, and what became of requests that were cut short."""

from typing import Final, assert_never

from app.atm.events import Completed, Damaged, Event, OpenElsewhere, Repeated, StillOpen, Unanswered, Untold
from app.protocol.messages import Accepted, AccountReply, AccountRequest, CheckRequest, Refusal
from app.protocol.money import format_amount
from framework.printable import printable

_REFUSALS: Final = {
    Refusal.INSUFFICIENT_FUNDS: "there is not enough money in the account",
    Refusal.BALANCE_LIMIT: "the account cannot hold that much",
    Refusal.REQUEST_ID_REUSED: "the request's id was used for another request",
    Refusal.CARD_REQUIRED: "a card must be presented first",
    Refusal.CARD_REFUSED: "the card is not good",
    Refusal.CARD_ALREADY_PRESENTED: "a card has been presented already",
    Refusal.TOO_MANY_SESSIONS: "the account has too many sessions open",
    Refusal.BAD_REQUEST: "the bank did not understand the request",
}


def in_words(reply: AccountReply) -> str:
    """Put the bank's answer in words."""
    if isinstance(reply, Accepted):
        return f"ok, balance {format_amount(reply.balance)}"
    return f"refused: {_REFUSALS[reply.error]}"


def remark_on(event: Event | None) -> str:
    """Put an event in words: one sentence or two, which say what to do. Without an event there is nothing to say."""
    match event:
        case None:
            return ""
        case StillOpen((request,)):
            return (
                f"Still open: {in_short(request)}. Run the same command again with this card, or open the console, to "
                "complete it; the money moves once."
            )
        case StillOpen(requests):
            return (
                f"Still open: {', '.join(map(in_short, requests))}. Run one of these commands again with this card to "
                "complete it, or open the console to complete all; the money moves once."
            )
        case OpenElsewhere(request, mark):
            return (
                f"Still open at another bank ({mark}): {in_short(request)}. Run the same command there again, with "
                "this card, to complete it; the money moves once."
            )
        case Damaged(path):
            return (
                f"A request was sent and not answered, and its record {printable(str(path))} cannot be read; "
                "compare the balance with what you expect, and remove the file."
            )
        case Completed(request, reply):  # whether the bank carried it out then or now
            when = " right after it" if isinstance(reply, Accepted) else ""
            return f"{in_short(request)} was cut short before; the bank answered: {in_words(reply)}{when}."
        case Repeated(request, reply):
            once = (
                " The money moves once; the balance is the one right after it." if isinstance(reply, Accepted) else ""
            )
            return f"Repeated: {in_short(request)}, which was cut short before.{once}"
        case Unanswered(request):
            return (
                f"Whether it carried out the {request.type} is not known; it is remembered beside the card: the same "
                "command again repeats it, or the console does, without moving the money twice."
            )
        case Untold(request):
            return (
                f"The bank has answered the {request.type}, which is still remembered beside the card: the same "
                "command again repeats it, or the console does, and moves no money."
            )
        case _:
            assert_never(event)


def in_short(request: AccountRequest) -> str:
    """Name a request: its type, and the amount if it has one."""
    return request.type if isinstance(request, CheckRequest) else f"{request.type} {format_amount(request.amount)}"
