"""What the words before a number say it is."""

from __future__ import annotations

import re

_REACH = 48  # characters before a number that are read
_NEAR = 25  # of them between the name of an id and the id
_SENTENCES = re.compile(r"(?s).*(?:[.!?][ \n]|\n\n)")
_SHORTENED = ("nr. ", "no. ", "tel. ", "fax. ", "ph. ", "mob. ", "id. ")
_WORD = re.compile(r"[^\W\d_]+(?!>)")
_NO_LETTERS = {sign: " " for sign in range(128) if not chr(sign).isalpha()}
_KINDS = {
    word: kind
    for kind, words in {
        "phone": (
            "phone phones telephone tel fax mobile cell whatsapp sms handy telefono tel\xe9fono telefon "
            "t\xe9l\xe9phone telefone telefoon telefonnummer telefoonnummer telefonu telefonas tlf mobil mobilnummer m\xf3vil "
            "movil celular cellulare gsm natel puhelin puhelinnumero \u0442\u0435\u043b \u0442\u0435\u043b\u0435\u0444\u043e\u043d \u7535\u8bdd \u96fb\u8a71 \u624b\u673a \u624b\u6a5f \u643a\u5e2f "
            "\uc804\ud654 \u0647\u0627\u062a\u0641 \u062a\u0644\u0641\u0648\u0646 call called calling dial text reach ring contact message messages"
        ),
        "card": "pay payment charge charged karte kreditkarte tarjeta carte carta card cards cc visa mastercard amex maestro credit debit",
        "<DRIVER_LICENSE>": "license licence licenses permis f\xfchrerschein f\xfchrerscheinnummer",
        "<PASSPORT>": "passport passports travel reisepass reisepassnummer passeport pasaporte",
        "<MEDICAL_ID>": "medical mrn patient health medicare medicaid nhs npi chart member",
        "<BANK_ACCOUNT>": "routing account sort",
        "<NATIONAL_ID>": (
            "social ssn sin national nino tax taxpayer steuer steuerid idnr itin pesel aadhaar aadhar "
            "cpf cnpj nif nie dni nir bsn personnummer cpr codice nric curp identity abn acn tfn rrn rut"
        ),
    }.items()
    for word in words.split()
}
# What must stand behind a word that says other things too.
_FOLLOWED = {
    "license": {"number", "no", "id", "nr", "is"},
    "medical": {"record", "id"},
    "travel": {"document"},
    "patient": {"id", "number", "no"},
    "health": {"insurance", "card", "plan", "id", "number"},
    "chart": {"number", "no"},
    "member": {"id", "number", "no"},
    "account": {"number", "no"},
    "sort": {"code"},
    "social": {"security", "insurance", "is"},
    "national": {"id", "identity", "identification", "insurance", "number"},
    "tax": {"id", "number", "no", "identification", "payer"},
    "codice": {"fiscale"},
    "identity": {"card", "number", "document"},
    "message": {"to", "at"},
    "messages": {"to", "at"},
}
_FOLLOWED["licence"] = _FOLLOWED["license"]
_OTHERWISE = {
    "order",
    "invoice",
    "ticket",
    "reference",
    "case",
    "tracking",
    "serial",
    "version",
    "build",
    "copyright",
}
_TELLING = frozenset(_KINDS) | _OTHERWISE


def before(text: str, start: int) -> str:
    """What stands before a number in its sentence, in lower case."""
    told = text[max(0, start - _REACH) : start].lower()
    if told.endswith(_SHORTENED):
        told = told[:-2] + " "
    ended = _SENTENCES.match(told)
    return told if ended is None else told[ended.end() :]


def kind(told: str) -> str | None:
    """What the last telling word before a number announces: phone, card, or the class of an id."""
    plain = told.isascii() and ">" not in told
    words = told.translate(_NO_LETTERS).split() if plain else _WORD.findall(told)
    if not _TELLING.isdisjoint(words):
        behind: list[str] = []
        for word in reversed(words):
            found = _KINDS.get(word)
            if found is not None and (
                word not in _FOLLOWED or not _FOLLOWED[word].isdisjoint(behind)
            ):
                near = found[0] != "<" or len(told) - told.rfind(word) - len(word) <= _NEAR
                return found if near else None
            if word in _OTHERWISE:
                return None
            behind.append(word)
    return "phone" if words[-1:] == ["is"] and words[-2:-1] in (["number"], ["one"]) else None
