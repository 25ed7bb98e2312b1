"""What makers put into their keys so that scanners find them, as they publish it.

A key is looked up by its first three characters, or by a sign that it holds further in.
"""

from __future__ import annotations

import re

# Names that are followed by - or _ and by what was drawn.
_NAMES = (
    "pplx gsk xai tvly r8 hf api_org nfp sbp sb_secret vercel rnd waka fw sqp squ sqa lin_api lin_oauth pnu rdme phc phx "
    "phs ntn dckr_pat dckr_oat sgp sntrys sntryu shpat shpss shpca shppa shptka shippo_live shippo_test rubygems npm tfp "
    "duffel_test duffel_live lsv2_pt lsv2_sk sm_aat sm_pat sm_sat doo_v1 dop_v1 dor_v1 pscale_tkn pscale_pw pscale_oauth "
    "ghp gho ghu ghs ghr github_pat CLOJARS glc glsa ion eps lob figd key_live key_test fo1 fm1a fm1r fm2 nvapi csk pcsk "
    "esecret tgp_v1 CFPAT dbtc dbtu mdb_sa_sk AVNS CCDB1 tskey xsmtpsib pdl_live_apikey pdl_sdbx_apikey ory_pat ory_at "
    "tr_dev tr_prod tr_stg rpa bkua BKUA CCIPAT apify_api bb_live bb_test hcaik zpka wandb_v1 dnkey"
)
# Words of code too: letters behind two digits, as names rarely have them, tell the key.
_WORDS = (
    "ops b secret test live test_pub live_pub acc re nfc vcp vci vca vcr vck slk napi jina rootly aio xau signkey pul fio "
    "e2b flp fc"
)
# The first three characters, or fewer that any sign of a key follows, and the shape.
_SHAPES = (
    ("sk-", r"sk-[\w-]{16,}+"),  # OpenAI, Anthropic, OpenRouter, DeepSeek
    (
        "sk_ pk_ rk_ whs",
        r"(?:[spr]k|whsec)_(?:test|live|prod)?_?[A-Za-z0-9]{16,}+",
    ),  # Stripe
    ("sgp", r"sgp_[0-9a-z]{5,16}[-_][\w=+/-]{14,}+={0,3}"),  # Sourcegraph
    ("rzp", r"rzp_(?:test|live)_[A-Za-z0-9]{14,}+"),  # Razorpay
    ("AIz", r"AIza[\w-]{35}"),  # Google
    ("ya2", r"ya29\.[\w-]{20,}+"),
    ("GOC", r"GOCSPX-[\w-]{20,}+"),
    ("1//", r"1//0[\w-]{30,}+"),
    (
        "A3T AKI ASI ABI ACC AGP AID ARO ANP",  # AWS
        r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    ("ABS", r"ABSK[A-Za-z0-9+/]{60,}+={0,2}"),
    ("bed", r"bedrock-api-key-[\w+/=-]{10,}+"),
    (
        "gla glc gld glf gli glo glp glr gls glw",  # GitLab
        r"gl(?:agent|cbt|dt|feat|ffct|ft|imt|oas|ptt|pat|rt|rtr|soat|wt)-[\w.=-]{16,}+|gloas-[\w-]{40,}+",
    ),
    ("GR1", r"GR1348941[\w-]{20,}+"),
    ("xox xap", r"xox[abposre](?:\.xox[bp])?-[\w-]{12,}+|xapp-[\w-]{12,}+"),  # Slack
    (
        "htt hoo",
        r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+]{20,}+",
    ),
    (
        "htt can ptb dis",
        r"(?:https?://)?(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/webhooks/[0-9]+/[\w-]{20,}+",
    ),
    ("htt", r"https://\w{1,60}\.webhook\.office\.com/[\w/@-]{20,}+"),
    ("SG.", r"SG\.[\w=.-]{20,}+"),  # SendGrid
    ("xke", r"xkeysib-[\w-]{20,}+"),
    ("key pub", r"(?:pub)?key-[0-9a-f]{32}"),  # Mailgun
    ("pyp", r"pypi-[\w-]{20,}+"),
    ("sq0", r"sq0(?:atp|csp|idp)-[\w-]{20,}+"),  # Square
    ("EAA", r"EAA[A-Za-z0-9]{30,}+|EAAA[\w-]{56,}+"),  # Facebook, Square
    ("oy2", r"oy2[a-z0-9]{43}(?!\w)"),  # NuGet
    ("dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{16,}+"),  # Doppler
    ("dt0", r"dt0[a-z][0-9]{2}\.[A-Z0-9a-z]{16,}\.[A-Za-z0-9]{30,}+"),  # Dynatrace
    ("EZA EZT", r"EZ[AT]K[A-Za-z0-9]{40,}+"),  # EasyPost
    ("FLW", r"FLW(?:PUB|SEC)K(?:_TEST)?-[\w-]{12,}+"),  # Flutterwave
    ("hvs hvb s.", r"hv[sb]\.[\w-]{20,}+|s\.(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{24}(?!\w)"),  # Vault
    ("NRA NRJ NRI NRR", r"NR(?:AK|JS|II|RA|IQ)-[\w-]{16,}+"),  # New Relic
    ("PMA", r"PMAK-[0-9a-f-]{30,}+"),  # Postman
    ("p8- p8e", r"p8e?-[a-z0-9]{32}(?!\w)"),
    ("ATA ATC", r"ATATT3[\w=-]{40,}+|ATCTT3[\w=-]{40,}+"),  # Atlassian
    ("HRK", r"HRKU-[\w-]{30,}+"),  # Heroku
    ("acc", r"access-(?:sandbox|development|production)-[0-9a-f-]{36}"),  # Plaid
    ("tk-", r"tk-us-[\w-]{40,}+"),
    ("ico", r"ico-[A-Za-z0-9]{32}"),
    ("pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}+"),  # Airtable
    ("pat sat", r"[ps]at\.[\w-]{20,}+\.[\w.-]{20,}+"),  # Harness
    ("dap", r"dapi[0-9a-f]{32}(?:-[0-9])?"),  # Databricks
    ("LTA", r"LTAI[A-Za-z0-9]{12,24}(?!\w)"),  # Alibaba
    ("t1. AQV YC", r"t1\.[A-Z0-9a-z_-]{20,}+[\w.=-]*+|AQVN[\w-]{30,}+|YC[\w-]{38}(?!\w)"),  # Yandex
    ("v1.", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}+"),  # Cloudflare
    ("AKC AP", r"AKC[A-Za-z0-9]{9,}+|AP[0-9A-F][A-Za-z0-9]{10}(?!\w)"),  # Artifactory
    ("sl.", r"sl\.[\w=-]{100,}+"),  # Dropbox
    ("sha", r"sha256~[\w-]{40,}+"),  # OpenShift
    ("ATB", r"ATBB[\w=.-]{24,}+"),  # Bitbucket
    ("IQo Fwo", r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[\w+/=-]{60,}+"),  # AWS sessions
    ("AAA", r"A{20,22}[\w%]{60,}+"),  # Twitter
    ("AKI", r"AKID[A-Za-z0-9]{32}(?!\w)"),  # Tencent
    ("SCW", r"SCW[A-Z0-9]{17}(?!\w)"),  # Scaleway
    ("4b1", r"4b1d[A-Za-z0-9]{38}(?!\w)"),  # ClickHouse
    ("API", r"API-[A-Z0-9]{26}(?!\w)"),  # Octopus
    ("PMA", r"PMAT-[A-Z0-9]{20,}+"),  # Postman
    ("mls", r"mlsn\.[0-9a-f]{40,}+"),  # MailerSend
    ("cio", r"cio[A-Za-z0-9]{32}(?!\w)"),  # crates.io
    ("sdk mob", r"(?:sdk|mob)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),  # LaunchDarkly
    ("pat", r"pat-[a-z]{2}[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),  # HubSpot
    ("A3-", r"A3-[A-Z0-9]{6}-[A-Z0-9-]{26,}+"),  # 1Password
    ("AGE", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}+"),
    (
        "sc_ ext sca aut",  # Authress
        r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[a-z0-9+/_=-]{30,}+",
    ),
    ("pk.", r"pk\.eyJ[\w.-]{30,}+"),  # Mapbox
    ("eyJ", r"eyJrIjoi[A-Za-z0-9]{40,}+={0,3}"),  # Grafana
    ("s-s", r"s-s4t2(?:ud|af)-[0-9a-f]{64}"),
    ("AC SK", r"(?:AC|SK)[0-9a-f]{32}(?!\w)"),  # Twilio
    ("cmV", r"cmVmd[A-Za-z0-9]{50,}+"),
)
_FIXED = 3
_DRAWN = r"(?=[a-z_=+/-]{0,60}+[A-Z0-9])"
_COUNTED = r"(?=(?:(?:[A-Za-z_=+/-]|[0-9](?![A-Za-z])){0,60}[0-9](?=[A-Za-z])){2})"
_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/="
# What a key holds further in, behind how many characters, and the shape.
_HOLDING = (
    (".atlasv1.", 14, r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}+"),  # HashiCorp
    ("_mmk", 36, r"[A-Za-z0-9]\w{5}_\w{29}_mmk"),  # MaxMind
    ("-us", 32, r"[0-9a-f]{32}-us[0-9]{1,2}(?!\w)"),  # Mailchimp
    ("Q~", 4, r"[A-Za-z0-9][\w~.]{2}[0-9]Q~[\w~.-]{31,34}"),  # Azure
)


def _by_start() -> dict[str, str]:
    shapes: dict[str, list[str]] = {}
    starts = [(start, shape) for starts, shape in _SHAPES for start in starts.split()]
    for start, shape in (*starts, *_named(_NAMES, _DRAWN), *_named(_WORDS, _COUNTED)):
        for third in ("",) if len(start) == _FIXED else _SIGNS:
            shapes.setdefault(start + third, []).append(shape)
    return {start: "|".join(found) for start, found in shapes.items()}


def _named(names: str, drawn: str) -> list[tuple[str, str]]:
    """What names begin with, and the shape of those that begin so."""
    alike: dict[str, list[str]] = {}
    for name in names.split():
        for start in {(name + joint)[:_FIXED] for joint in "-_"}:
            alike.setdefault(start, []).append(name)
    return [
        (start, rf"(?:{'|'.join(found)})[-_]{drawn}[\w=+/-]{{14,}}+={{0,3}}")
        for start, found in alike.items()
    ]


def shape(start: str) -> re.Pattern[str]:
    """What a key that begins so looks like. It is compiled when first seen: all take 10 ms."""
    found = _COMPILED.get(start)
    if found is None:
        found = _COMPILED[start] = re.compile(STARTS[start])
    return found


STARTS = _by_start()
_COMPILED: dict[str, re.Pattern[str]] = {}
HOLDING = tuple(
    (sign, behind, re.compile(rf"(?<![^\W_]){shape}")) for sign, behind, shape in _HOLDING
)
# Mailgun's have 32 hex digits before this, Discord's a third of letters, Telegram's and Facebook's digits:
# a sign, what it begins, how many characters behind the key begins, and its beginning.
BEHIND = tuple(
    (sign, re.compile(tail), reach, re.compile(rf"{first}(?<![A-Za-z0-9].){others}\Z"))
    for sign, tail, reach, first, others in (
        ("-", r"-[0-9a-f]{8}-[0-9a-f]{8}(?!\w)", 32, "[0-9a-f]", "[0-9a-f]{31}"),
        (".", r"\.[\w-]{6}\.[\w-]{27,38}", 26, "[MNO]", r"[\w-]{23,25}"),
        (":A", r":A[\w-]{34}(?!\w)", 16, "[0-9]", "[0-9]{4,15}"),
        ("|", r"\|[\w-]{25,40}", 16, "[0-9]", "[0-9]{14,15}"),
        ("%7", r"%7[Cc][\w-]{25,40}", 16, "[0-9]", "[0-9]{14,15}"),
    )
)
# Whether one of those signs, or the beginning of a wallet's address, can be in a text at all.
INSIDE = re.compile(
    r"\.(?:atlasv1\.|[\w-]{6}\.[\w-]{27})|_mmk|Q~|-(?:us[0-9]|[0-9a-f]{8}-[0-9a-f]{8})|:A[\w-]{34}|\||%7"
    r"|bc1|0x|1(?<![A-Za-z0-9]1)[A-Za-z0-9]{25}|3(?<![A-Za-z0-9]3)[A-Za-z0-9]{25}"
)
