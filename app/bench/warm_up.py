"""What a cipher's plugin does in the background for its first user is done before anything is measured."""

import secrets
import threading

from framework import ConfigurationError, Registry, Suite


def warm_up(suite: Suite, registry: Registry) -> None:
    """Use the suite's cipher once in this process and wait for the threads that it began, as one that compiles.

    A plugin may choose an engine when a stream begins, and this way every stream that is measured has the best one.
    """
    before = threading.enumerate()
    _use(suite.protection.primitives[0].name, registry)
    for thread in threading.enumerate():
        if thread not in before:
            thread.join()


def _use(name: str, registry: Registry) -> None:
    try:
        cipher = registry.bulk_cipher(name)
    except ConfigurationError:
        aead = registry.aead(name)
        aead.context(secrets.token_bytes(aead.key_size))
    else:
        cipher.encryptor(secrets.token_bytes(cipher.key_size), secrets.token_bytes(cipher.iv_size))
