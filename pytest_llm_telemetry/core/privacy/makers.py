"""What makers put into their keys so that scanners find them, as they publish it.

A key is looked up by its first two characters, or by a sign that it holds further in.
"""

from __future__ import annotations

import re

# Names that are followed by - or _ and by what was drawn.
_NAMES = (
    "pplx gsk xai tvly r8 hf api_org nfp sbp vercel rnd waka fw sqp squ sqa lin_api pnu rdme phc phx ntn "
    "dckr_pat dckr_oat sgp sntrys sntryu shpat shpss shpca shppa shippo_live shippo_test rubygems npm tfp "
    "duffel_test duffel_live lsv2_pt lsv2_st sm_aat sm_pat sm_sat doo_v1 dop_v1 dor_v1 pscale_tkn pscale_pw "
    "pscale_oauth ghp gho ghu ghs ghr github_pat CLOJARS glc glsa ion eps lob figd key_live key_test fo1 fm1a "
    "fm1r fm2"
)
# Words of code too: three digits tell the key.
_WORDS = "ops b secret test live test_pub live_pub acc"
# The first two characters, or one that any letter or digit follows, and the shape.
_SHAPES = (
    ("sk", r"sk-[\w-]{16,}+"),  # OpenAI, Anthropic, OpenRouter, DeepSeek
    ("sk pk rk wh rz", r"(?:[spr]k|whsec|rzp)_(?:test|live|prod)?_?[A-Za-z0-9]{16,}+"),  # Stripe
    ("sg", r"sgp_[0-9a-z]{5,16}[-_][\w=+/-]{14,}+={0,3}"),  # Sourcegraph
    ("AI", r"AIza[\w-]{35}"),  # Google
    ("ya", r"ya29\.[\w-]{20,}+"),
    ("GO", r"GOCSPX-[\w-]{20,}+"),
    ("1/", r"1//0[\w-]{30,}+"),
    (
        "A3 AK AS AB AC AG AI AR AN",  # AWS
        r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    ("AB", r"ABSK[A-Za-z0-9+/]{60,}+={0,2}"),
    ("be", r"bedrock-api-key-[\w+/=-]{10,}+"),
    (
        "gl",  # GitLab
        r"gl(?:agent|cbt|dt|feat|ffct|ft|imt|oas|ptt|pat|rt|rtr|soat|wt)-[\w.=-]{16,}+|gloas-[\w-]{40,}+",
    ),
    ("GR", r"GR1348941[\w-]{20,}+"),
    ("xo xa", r"xox[abposre](?:\.xox[bp])?-[\w-]{12,}+|xapp-[\w-]{12,}+"),  # Slack
    (
        "ht ho",
        r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+]{20,}+",
    ),
    (
        "ht ca pt di",
        r"(?:https?://)?(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/webhooks/[0-9]+/[\w-]{20,}+",
    ),
    ("ht", r"https://\w{1,60}\.webhook\.office\.com/[\w/@-]{20,}+"),
    ("SG", r"SG\.[\w=.-]{20,}+"),  # SendGrid
    ("xk", r"xkeysib-[\w-]{20,}+"),
    ("ke pu", r"(?:pub)?key-[0-9a-f]{32}"),  # Mailgun
    ("py", r"pypi-[\w-]{20,}+"),
    ("sq", r"sq0(?:atp|csp|idp)-[\w-]{20,}+"),  # Square
    ("EA", r"EAA[A-Za-z0-9]{30,}+|EAAA[\w-]{56,}+"),  # Facebook, Square
    ("oy", r"oy2[a-z0-9]{43}(?!\w)"),  # NuGet
    ("dp", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{16,}+"),  # Doppler
    ("dt", r"dt0[a-z][0-9]{2}\.[A-Z0-9a-z]{16,}\.[A-Za-z0-9]{30,}+"),  # Dynatrace
    ("EZ", r"EZ[AT]K[A-Za-z0-9]{40,}+"),  # EasyPost
    ("FL", r"FLW(?:PUB|SEC)K(?:_TEST)?-[\w-]{12,}+"),  # Flutterwave
    ("hv s.", r"hv[sb]\.[\w-]{20,}+|s\.(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{24}(?!\w)"),  # Vault
    ("NR", r"NR(?:AK|JS|II|RA|IQ)-[\w-]{16,}+"),  # New Relic
    ("PM", r"PMAK-[0-9a-f-]{30,}+"),  # Postman
    ("p8", r"p8e?-[a-z0-9]{32}(?!\w)"),
    ("AT", r"ATATT3[\w=-]{40,}+|ATCTT3[\w=-]{40,}+"),  # Atlassian
    ("HR", r"HRKU-[\w-]{30,}+"),  # Heroku
    ("ac", r"access-(?:sandbox|development|production)-[0-9a-f-]{36}"),  # Plaid
    ("tk", r"tk-us-[\w-]{40,}+"),
    ("ic", r"ico-[A-Za-z0-9]{32}"),
    ("pa", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}+|pat\.[\w-]{20,}+\.[\w.-]{20,}+"),  # Airtable
    ("da", r"dapi[0-9a-f]{32}(?:-[0-9])?"),  # Databricks
    ("LT", r"LTAI[A-Za-z0-9]{12,24}(?!\w)"),  # Alibaba
    ("t1 AQ YC", r"t1\.[A-Z0-9a-z_-]{20,}+[\w.=-]*+|AQVN[\w-]{30,}+|YC[\w-]{38}(?!\w)"),  # Yandex
    ("v1", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}+"),  # Cloudflare
    ("AK AP", r"AKC[A-Za-z0-9]{9,}+|AP[0-9A-F][A-Za-z0-9]{10}(?!\w)"),  # Artifactory
    ("sl", r"sl\.[\w=-]{100,}+"),  # Dropbox
    ("sh", r"sha256~[\w-]{40,}+"),  # OpenShift
    ("A3", r"A3-[A-Z0-9]{6}-[A-Z0-9-]{26,}+"),  # 1Password
    ("AG", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}+"),
    (
        "sc ex au",  # Authress
        r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[a-z0-9+/_=-]{30,}+",
    ),
    ("pk", r"pk\.eyJ[\w.-]{30,}+"),  # Mapbox
    ("ey", r"eyJrIjoi[A-Za-z0-9]{40,}+={0,3}"),  # Grafana
    ("s-", r"s-s4t2(?:ud|af)-[0-9a-f]{64}"),
    ("AC SK", r"(?:AC|SK)[0-9a-f]{32}(?!\w)"),  # Twilio
    ("cm", r"cmVmd[A-Za-z0-9]{50,}+"),
    ("M N O", r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}"),  # Discord
    (
        "0 1 2 3 4 5 6 7 8 9",  # Telegram, Facebook
        r"[0-9]{5,16}:A[\w-]{34}(?!\w)|[0-9]{15,16}(?:\||%7[Cc])[\w-]{25,40}",
    ),
)
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
# What a key holds further in, behind how many characters, and the shape.
_HOLDING = (
    (".atlasv1.", 14, r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}+"),  # HashiCorp
    ("_mmk", 36, r"[A-Za-z0-9]\w{5}_\w{29}_mmk"),  # MaxMind
    ("Q~", 4, r"[A-Za-z0-9][\w~.]{2}[0-9]Q~[\w~.-]{31,34}"),  # Azure
)


def _by_start() -> dict[str, str]:
    shapes: dict[str, list[str]] = {}
    for starts, shape in _SHAPES:
        for start in starts.split():
            for second in _SIGNS if len(start) == 1 else ("",):
                shapes.setdefault(start + second, []).append(shape)
    for names, drawn in (
        (_NAMES, r"(?=[a-z_=+/-]{0,60}+[A-Z0-9])"),
        (_WORDS, r"(?=(?:[A-Za-z_=+/-]{0,40}+[0-9]){3})"),
    ):
        alike: dict[str, list[str]] = {}
        for name in names.split():
            for start in {(name + joint)[:2] for joint in "-_"}:
                alike.setdefault(start, []).append(name)
        for start, alternatives in alike.items():
            shape = rf"(?:{'|'.join(alternatives)})[-_]{drawn}[\w=+/-]{{14,}}+={{0,3}}"
            shapes.setdefault(start, []).append(shape)
    return {start: "|".join(found) for start, found in shapes.items()}


def shape(start: str) -> re.Pattern[str]:
    """What a key that begins so looks like. It is compiled when first seen: all take 10 ms."""
    found = _COMPILED.get(start)
    if found is None:
        found = _COMPILED[start] = re.compile(STARTS[start])
    return found


# Mailchimp's and Mailgun's begin with 32 hex digits.
HEX = re.compile(r"[0-9a-f]{32}-(?:us[0-9]{1,2}|[0-9a-f]{8}-[0-9a-f]{8})(?!\w)")
STARTS = _by_start()
_COMPILED: dict[str, re.Pattern[str]] = {}
HOLDING = tuple(
    (sign, behind, re.compile(rf"(?<![^\W_]){shape}")) for sign, behind, shape in _HOLDING
)
