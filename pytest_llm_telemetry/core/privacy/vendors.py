"""API keys and tokens that their makers mark, JSON web tokens and private keys.

The shapes are those that the makers publish for secret scanning. They stand in long words only,
and a word is long from thirteen characters on: that is what makes looking for them cheap.
"""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import identities

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_LONG = 13
_WALLET = 26
_LETTERS = 34
_MARKED = 12
_MARKS = ".,;:!?()\"'[]="
_HEX = "0123456789abcdef-" + _MARKS
_DIGIT = re.compile("[0-9]")
_KEY_LENGTH = 8192
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END[A-Z0-9 ]{0,60}-{0,5}")
_JWT = re.compile(
    r"(?<![A-Za-z0-9_-])(?:eyJ|ZXlK)[\w/+-]{10,}+(?:(?:\.[\w/+-]{10,}+){1,4}+={0,2}\.?|(?<=\w{40})={0,2})"
)
_PREFIXED = re.compile(
    r"(?<![^\W_])(?=[A-Za-z0-9])(?:"
    r"sk-[\w-]{16,}+"  # OpenAI, Anthropic, OpenRouter, DeepSeek
    r"|(?:[spr]k|whsec|rzp)_(?:test|live|prod)?_?[A-Za-z0-9]{16,}+"  # Stripe, Razorpay
    r"|(?:pplx|gsk|xai|tvly|r8|hf|api_org|nfp|sbp|vercel|rnd|waka|fw|sq[pua]|lin_api|pnu|rdme|phc|phx|ntn|dckr_pat|dckr_oat"
    r"|sgp|sgp_[0-9a-z]{5,16}|sntry[su]|shp(?:at|ss|ca|pa)|shippo_(?:live|test)|rubygems|npm|tfp|duffel_(?:test|live)|lsv2_[ps]t"
    r"|sm_(?:aat|pat|sat)|do[opr]_v1|pscale_(?:tkn|pw|oauth)|gh[pousr]|github_pat|CLOJARS|gl(?:c|sa)|ops|b|ion|eps|lob|figd|secret"
    r"|(?:test|live)(?:_pub)?|acc|key_live|key_test|oy2|fo1|fm1a|fm1r|fm2)[-_][\w=+/-]{14,}+={0,3}"
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,}+|GOCSPX-[\w-]{20,}+|1//0[\w-]{30,}+"  # Google
    r"|(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|ABSK[A-Za-z0-9+/]{60,}+={0,2}|bedrock-api-key-[\w+/=-]{10,}+"
    r"|gl(?:agent|cbt|dt|feat|ffct|ft|imt|oas|ptt|pat|rt|rtr|soat|wt)-[\w.=-]{16,}+|gloas-[\w-]{40,}+|GR1348941[\w-]{20,}+"  # GitLab
    r"|xox[abposre](?:\.xox[bp])?-[\w-]{12,}+|xapp-[\w-]{12,}+"  # Slack
    r"|(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+]{20,}+"
    r"|(?:https?://)?(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}+"
    r"|https://\w{1,60}\.webhook\.office\.com/[\w/@-]{20,}+"
    r"|SG\.[\w=.-]{20,}+|xkeysib-[\w-]{20,}+|(?:pub)?key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}(?!\w)|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?!\w)"
    r"|pypi-[\w-]{20,}+|sq0(?:atp|csp|idp)-[\w-]{20,}+|EAA[A-Za-z0-9]{30,}+|EAAA[\w-]{56,}+"
    r"|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{16,}+|dt0[a-z]\d\d\.[A-Z0-9a-z]{16,}\.[A-Za-z0-9]{30,}+|EZ[AT]K[A-Za-z0-9]{40,}+|FLW(?:PUB|SEC)K(?:_TEST)?-[\w-]{12,}+"
    r"|hv[sb]\.[\w-]{20,}+|s\.(?=[a-z]*[A-Z\d])[A-Za-z0-9]{24}(?!\w)|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}+"
    r"|NR(?:AK|JS|II|RA|IQ)-[\w-]{16,}+|PMAK-[0-9a-f-]{30,}+|p8e?-[a-z0-9]{32}(?!\w)|ATATT3[\w=-]{40,}+|ATCTT3[\w=-]{40,}+|HRKU-[\w-]{30,}+"
    r"|access-(?:sandbox|development|production)-[0-9a-f-]{36}|tk-us-[\w-]{40,}+|ico-[A-Za-z0-9]{32}|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}+|pat\.[\w-]{20,}+\.[\w.-]{20,}+"
    r"|dapi[0-9a-f]{32}(?:-\d)?|LTAI[A-Za-z0-9]{12,24}(?!\w)|t1\.[A-Z0-9a-z_-]{20,}+[\w.=-]*+|AQVN[\w-]{30,}+|YC[\w-]{38}(?!\w)|v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}+"
    r"|AKC[A-Za-z0-9]{9,}+|AP[\dA-F][A-Za-z0-9]{10}(?!\w)|sl\.[\w=-]{100,}+|sha256~[\w-]{40,}+|A3-[A-Z0-9]{6}-[A-Z0-9-]{26,}+|AGE-SECRET-KEY-1[A-Z0-9]{40,}+"
    r"|(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[a-z0-9+/_=-]{30,}+|\w{6}_\w{29}_mmk"
    r"|pk\.eyJ[\w.-]{30,}+|eyJrIjoi[A-Za-z0-9]{40,}+={0,3}|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}"  # Mapbox, Grafana, Discord
    r"|\d{5,16}:A[\w-]{34}(?!\w)|\d{15,16}(?:\||%7[Cc])[\w-]{25,40}|[\w~.]{3}\dQ~[\w~.-]{31,34}"  # Telegram, Facebook, Azure
    r"|s-s4t2(?:ud|af)-[0-9a-f]{64}|(?:AC|SK)[0-9a-f]{32}(?!\w)|cmVmd[A-Za-z0-9]{50,}+"
    r")"
)
_SAME = re.compile(r"[xX0*#]{10}")


def find(text: str, found: Spans) -> None:
    """Add the keys and tokens of a text."""
    if "-----BEGIN" in text:
        _private_keys(text, found)
    at = 0
    for word in [word for word in text.split() if len(word) >= _LONG]:
        if _is_odd(word):
            start = text.find(word, at)
            at = start + len(word)
            _word(text, start, at, found)


def _is_odd(word: str) -> bool:
    """Whether a long word may hold a key: a digit, capitals or a marked beginning.

    A hash or a UUID does not; of all keys Mailgun's alone are plain hex digits, in three groups.
    """
    if not word.strip(_HEX):
        return word.count("-") == 2
    return (
        "-" in word[:_MARKED]
        or "_" in word[:_MARKED]
        or _DIGIT.search(word) is not None
        or len(word) >= _LETTERS
        or not word.strip(_MARKS)[1:].islower()
    )


def _word(text: str, start: int, end: int, found: Spans) -> None:
    if text.find("eyJ", start, end) >= 0 or text.find("ZXlK", start, end) >= 0:
        for match in _JWT.finditer(text, start, end):
            found.append((match.start(), match.end(), "<JWT>"))
    for match in _PREFIXED.finditer(text, start, end):
        if match.end() - match.start() >= _LONG - 1 and not _SAME.search(match[0], 8):
            found.append((match.start(), match.end(), "<API_KEY>"))
    if end - start >= _WALLET:
        identities.find_wallets(text, start, end, found)


def _private_keys(text: str, found: Spans) -> None:
    match = _BEGIN.search(text)
    while match is not None:
        limit = min(len(text), match.end() + _KEY_LENGTH)
        end = _END.search(text, match.end(), limit)
        stop = end.end() if end is not None else limit
        found.append((match.start(), stop, "<PRIVATE_KEY>"))
        match = _BEGIN.search(text, stop)
