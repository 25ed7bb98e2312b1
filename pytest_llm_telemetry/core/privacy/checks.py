"""Check digits and shapes of numbers: whether a number can be what it looks like."""

from __future__ import annotations

_DOUBLED = str.maketrans("0123456789", "0246813579")
_LETTERS = {ord("A") + at: str(10 + at) for at in range(26)}
_NIF = "TRWAGMYFPDXBNJZSQVHLCKE"
_NRIC = {"S": "JZIHGFEDCBA", "T": "GFEDCBAJZIH", "F": "XWUTRQPNMLK", "G": "RQPNMLKXWUT"}
_DIHEDRAL = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
# Characters of an IBAN by country: the SWIFT IBAN registry, release 99.
_IBANS = (
    "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22 CY:28 "
    "CZ:24 DE:22 DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 GE:22 GI:23 "
    "GL:18 GR:27 GT:28 HN:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 "
    "LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MN:20 MR:27 MT:31 MU:30 NI:28 "
    "NL:18 NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 SA:24 SC:31 SD:18 SE:24 "
    "SI:19 SK:24 SM:27 SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 YE:30"
)
IBAN_LENGTHS = {item[:2]: int(item[3:]) for item in _IBANS.split()}


def luhn(digits: str) -> bool:
    """The check of payment cards and many ids (ISO/IEC 7812-1, annex B)."""
    total = sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))
    return total % 10 == 0 and digits.strip("0") != ""


def mod97(code: str) -> bool:
    """The check of an IBAN in upper case without spaces (ISO 13616: mod 97 leaves 1)."""
    return int((code[4:] + code[:4]).translate(_LETTERS)) % 97 == 1


def verhoeff(digits: str) -> bool:
    """The check of an Aadhaar number (J. Verhoeff, 1969)."""
    check = 0
    for at, digit in enumerate(reversed(digits)):
        check = _DIHEDRAL[check][_PERMUTED[at % 8][int(digit)]]
    return check == 0


def issued(digits: str) -> bool:
    """Whether a card network issues numbers that begin so (ISO/IEC 7812 ranges)."""
    two, four = int(digits[:2]), int(digits[:4])
    if digits[0] == "4" or 51 <= two <= 55 or 2221 <= four <= 2720:
        return True
    if two in {34, 35, 36, 37, 38, 62, 64, 65} or four in {2131, 1800, 6011}:
        return True
    return two in {30, 39, 50} or 56 <= two <= 69


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """The sum of each digit times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def ssn(digits: str) -> bool:
    """Whether the US may have issued nine digits as SSN (SSA, 2011) or ITIN (IRS)."""
    area, group = int(digits[:3]), int(digits[3:5])
    if area >= 900:
        return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99
    return area not in {0, 666} and group != 0 and digits[5:] != "0000"


def nhs(digits: str) -> bool:
    """The check of an NHS number of England (mod 11)."""
    return weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def npi(digits: str) -> bool:
    """The check of a US National Provider Identifier (Luhn with the prefix 80840)."""
    return digits[0] in "12" and luhn("80840" + digits)


def medicare(digits: str) -> bool:
    """The check of an Australian Medicare number: the ninth digit."""
    return digits[0] in "23456" and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(
        digits[8]
    )


def pesel(digits: str) -> bool:
    """The check and the date in a Polish PESEL."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return 1 <= month <= 12 and 1 <= day <= 31 and weighted(digits, weights) % 10 == 0


def steuer_id(digits: str) -> bool:
    """The check of a German tax id (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return digits[0] != "0" and (11 - product) % 10 == int(digits[10])


def cpf(digits: str) -> bool:
    """The two checks of a Brazilian CPF (mod 11)."""
    for length in (9, 10):
        total = weighted(digits[:length], tuple(range(length + 1, 1, -1)))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return len(set(digits)) > 1


def cnpj(digits: str) -> bool:
    """The two checks of a Brazilian company's CNPJ (mod 11)."""
    for length in (12, 13):
        total = weighted(digits[:length], (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)[13 - length :])
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return digits.strip("0") != ""


def abn(digits: str) -> bool:
    """The check of an Australian business number (mod 89)."""
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    return digits[0] != "0" and (weighted(digits, weights) - 10) % 89 == 0


def tfn(digits: str) -> bool:
    """The check of an Australian tax file number (mod 11)."""
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def acn(digits: str) -> bool:
    """The check of an Australian company number (mod 10)."""
    return -weighted(digits, (8, 7, 6, 5, 4, 3, 2, 1)) % 10 == int(digits[8])


def bsn(digits: str) -> bool:
    """The check of a Dutch citizen service number (mod 11)."""
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def rrn(digits: str) -> bool:
    """The date in a South Korean resident registration number, and the digit of its century."""
    return _dated(digits[2:6]) and digits[6] in "12345678"


def personnummer(digits: str) -> bool:
    """The check and the date in a Swedish personal number of ten digits (Luhn)."""
    return _dated(digits[2:6]) and luhn(digits)


def nir(digits: str) -> bool:
    """The check of a French social security number (mod 97)."""
    return digits[0] in "12" and int(digits[:13]) % 97 == 97 - int(digits[13:])


def _dated(digits: str) -> bool:
    return 1 <= int(digits[:2]) <= 12 and 1 <= int(digits[2:]) <= 31


def nif(code: str) -> bool:
    """The letter of a Spanish DNI or NIE in upper case without a hyphen."""
    digits = str("XYZ".index(code[0])) + code[1:-1] if code[0] in "XYZ" else code[:-1]
    return _NIF[int(digits) % 23] == code[-1]


def nric(code: str) -> bool:
    """The letter of a Singaporean NRIC or FIN."""
    return _NRIC[code[0]][weighted(code[1:8], (2, 7, 6, 5, 4, 3, 2)) % 11] == code[8]
