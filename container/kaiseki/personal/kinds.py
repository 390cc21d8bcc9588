"""What a column may tell of people, as the card names it."""

from enum import StrEnum


class Kind(StrEnum):
    NAME = "name of a person"
    EMAIL = "e-mail address"
    PHONE = "phone number"
    ADDRESS = "postal address"
    IDENTITY = "identity number"
    ACCOUNT = "card or account number"
    BIRTH = "date of birth"
    NETWORK = "network address"
    CREDENTIAL = "password or key"
