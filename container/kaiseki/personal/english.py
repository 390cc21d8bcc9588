"""Names of columns and tables in English: the words that make them personal, and those that do not."""

import re

from kaiseki.personal.kinds import Kind

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_COMPOUND = 4  # words

# `<person>_name`, and `name` in a table of them.
_PEOPLE = frozenset("""
    applicant assignee attendee author beneficiary borrower buyer candidate caregiver cardholder citizen claimant client
    clinician colleague consultant contact coworker cust customer debtor dependent doctor donor driver editor employee
    emp enrollee examinee friend guardian guest holder individual inspector instructor insured interviewee investigator
    lead learner lender manager member mentor nurse occupant officer owner participant passenger patient payee payer
    person personnel physician player policyholder professor prospect purchaser recipient referee referrer registrant
    rep requester resident respondent reviewer salesperson salesman secretary sender signer speaker spouse staff student
    subscriber supervisor teacher technician tenant trainee trainer traveler traveller tutor user usr viewer visitor
    volunteer voter worker
""".split())  # fmt: skip
# Their addresses and phones are public.
_ORGANISATIONS = frozenset("""
    agency airport bank bar branch brand building cafe campus carrier chain church clinic club company corporate
    corporation court dealer department depot dept distributor district facility factory firm gallery government
    hospital hotel hq hub institution legislature library location manufacturer market merchant mosque museum office
    organisation organization outlet park partner pharmacy place plant poi property pub publisher restaurant retailer
    school shipper shop site station store studio supplier theater theatre university vendor venue warehouse
""".split())  # fmt: skip
_NAME_PARTS = frozenset("""
    firstname lastname familyname givenname middlename maidenname surname forename fname lname mname firstnm lastnm
    realname namekana kananame namekanji furigana
""".split())  # fmt: skip
# Names of people only where the table is one of people, or a person stands before them.
_BARE_NAMES = frozenset("""
    name names fullname displayname nickname legalname preferredname shortname longname printname username screenname
    login loginname handle nm alias
""".split())  # fmt: skip
_BY_KIND = {
    Kind.EMAIL: "email mail emailaddress emailaddr mailaddress mailaddr emailid emails emailaddresses",
    Kind.PHONE: """
        phone phoneno phonenumber phonenum phones telephone telephoneno telephonenumber tel telno telnumber telnum
        mobilephone mobileno mobilenumber mobilephonenumber mobilenum cellphone cellphonenumber cellnumber cellno fax
        faxno faxnumber contactno contactnumber whatsapp msisdn""",
    Kind.ADDRESS: """
        address addresses addr addressline addrline street streetaddress streetname mailstreet housenumber""",
    Kind.IDENTITY: """
        ssn ssnumber socialsecurity socialsecurityno socialsecuritynumber nationalid nationalidno nationalidnumber
        identitycardno identitycardnumber personalnumber passport passportno passportnumber passportnum passportid
        driverlicense driverslicense driverlicence driverslicence driverlicenseno driverlicensenumber
        driverslicensenumber taxpayerid taxid mynumber nino nhsnumber nhsno medicarenumber insurancenumber
        residentnumber aadhaar aadhaarnumber cpf curp nric socialinsurancenumber visanumber""",
    Kind.ACCOUNT: """
        cardnumber cardno cardnum creditcard creditcardno creditcardnumber ccnumber ccnum ccno debitcardnumber cvv cvc
        iban bankaccount bankaccountno bankaccountnumber accountnumber accountno acctno acctnumber""",
    Kind.BIRTH: "birthdate birthday dob dateofbirth birthdt bday birthymd",
    Kind.NETWORK: """
        ip ipv ipaddr ipaddress ipaddresses remoteaddr macaddress macaddr""",
    Kind.CREDENTIAL: """
        password passwd pwd passwordhash passphrase apikey secret secretkey accesstoken refreshtoken authtoken
        sessiontoken privatekey otp securityanswer""",
}  # fmt: skip
_COMPOUNDS: dict[str, Kind | None] = {word: kind for kind, words in _BY_KIND.items() for word in words.split()}
_COMPOUNDS |= dict.fromkeys("webaddress urladdress siteaddress memoryaddress contractaddress walletaddress".split())
_HARMLESS_ENDINGS = frozenset("""
    raw text txt value val clean cleaned normalized old new orig original masked home work primary secondary main alt
    alternate en ja jp kanji kana lower upper tmp line
""".split())  # fmt: skip
_TABLE_AFFIXES = frozenset("""
    dim fact fct stg stage staging src raw tbl table mst master list info information detail details profile profiles
    account accounts data all base current snapshot history hist archive m t d f v vw view tmp temp bak backup old new
    directory roster record records
""".split())  # fmt: skip


def content(column: str) -> tuple[str, ...]:
    """The words of a name in lower case, without digits and without endings that say nothing of what it is."""
    words = _words(column)
    while len(words) > 1 and words[-1] in _HARMLESS_ENDINGS:
        words = words[:-1]
    return words


def compound(words: tuple[str, ...]) -> tuple[Kind | None, tuple[str, ...]]:
    """What the last words stand for, and the words before them."""
    for start in range(max(0, len(words) - _LONGEST_COMPOUND), len(words)):
        joined = "".join(words[start:])
        if joined in _COMPOUNDS:
            return _COMPOUNDS[joined], words[:start]
    return None, ()


def is_name(words: tuple[str, ...], of_people: bool) -> bool:
    """Whether a column so called holds names of people; `of_people`: its table is one of people."""
    ends = ["".join(words[start:]) for start in range(len(words))]
    if any(end in _NAME_PARTS for end in ends) or (ends and ends[-1].endswith("name") and ends[-1][:-4] in _NAMED):
        return True
    for start, end in enumerate(ends):
        if end in _BARE_NAMES:
            return of_people if start == 0 else _singular(words[start - 1]) in _PEOPLE
    return False


_NAMED = _PEOPLE - {"user", "usr"}  # customername; `username` and `user_name` may be what an account is called


def is_person(words: tuple[str, ...]) -> bool:
    """Whether the name ends in a word for a person, as `customer` and `sold_by_employee` do: a name, or an id."""
    return bool(words) and _singular(words[-1]) in _PEOPLE


def is_organisation(*words: str) -> bool:
    return any(_singular(word) in _ORGANISATIONS for word in words)


def subject(table: str) -> str:
    words = [word for word in _words(table) if word not in _TABLE_AFFIXES]
    what = _singular(words[-1]) if words else ""
    return "person" if what in _PEOPLE else "organisation" if what in _ORGANISATIONS else ""


def _words(name: str) -> tuple[str, ...]:
    return tuple(piece.lower() for piece in _PIECE.findall(name))


def _singular(word: str) -> str:
    if word in ("people", "persons"):
        return "person"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
