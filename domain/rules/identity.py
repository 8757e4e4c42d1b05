"""The form of an identity number as a rule of the book; it is read in ``domain/identity_number``."""

from typing import ClassVar, Literal

from domain.rules.parameters import Parameters


class IdentityNumberForm(Parameters):
    """Which form the numbers have: NIP of a PNS or NI PPPK, 18 digits without a check digit."""

    RULE: ClassVar[str] = "identitas.nomor"

    form: Literal["nip-ni-pppk-1"]
