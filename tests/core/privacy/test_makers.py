"""Keys by the marks of their makers. What is drawn of each is made up."""

import itertools

import pytest

from pytest_llm_telemetry.core.privacy import redact

SIGNS = {
    "a": "m4t7qv2kz9xw3hjn8b5rcg6pydfls0",
    "h": "7f3a9c0e5b2d8164fa3b0d9c2e7586a1",
    "A": "Z7VRSQ5TJN2XMPLW3K6BHGDCYF4AUE",
    "x": "q7Zt4Vr9Kx2Bm6Wp3Nc8Jd5Hs0Lf1Gy",
    "d": "8305917264",
    "b": "WzXqTrKvBnMpLsHdGfJcQyRtVwZxNbMk",
}


def drawn(kind: str, size: int) -> str:
    """So many signs of an alphabet, always the same."""
    return "".join(itertools.islice(itertools.cycle(SIGNS[kind]), size))


# A key's parts: a literal, or a letter for the alphabet and how many signs of it are drawn.
KEYS = [
    "sk- x48", "sk-proj- x64", "sk-ant-api03- x80 -AA", "sk-or-v1- h64", "sk-svcacct- x58", "sk_live_ x24",
    "sk_test_ x24", "rk_prod_ x24", "whsec_ x32", "rzp_live_ x16", "pplx- x48", "gsk_ x52", "xai- x80", "tvly- x32",
    "r8_ x37", "hf_ b34", "api_org_ b34", "nfp_ x36", "sbp_ h40", "rnd_ x32", "waka_ x36", "fw_ x24", "sqp_ h40",
    "squ_ h40", "lin_api_ x40", "pnu_ x36", "rdme_ a70", "phc_ x43", "ntn_ x43", "dckr_pat_ x27", "sgp_ h40",
    "sgp_local_ h40", "sgp_ h16 _ h40", "sntrys_ x60", "sntryu_ h64", "shpat_ h32", "shpss_ h32", "shippo_live_ h40",
    "rubygems_ h48", "npm_ x36", "tfp_ x40", "duffel_test_ x43", "lsv2_pt_ h32 _ h10", "dop_v1_ h64",
    "pscale_tkn_ x32", "pscale_pw_ x43", "ghp_ x36", "gho_ x36", "ghs_ x36", "ghr_ x36", "github_pat_ x82", "CLOJARS_ h60",
    "glc_ x32", "glsa_ x32 _ h8", "b_ x44", "ops_ x250", "figd_ x40", "live_ x40", "test_pub_ x35", "secret_ x43", "oy2 a43",
    "fo1_ x43", "AIza x35", "ya29. x60", "GOCSPX- x28", "1//0 x40", "AKIA A16", "ASIA A16", "A3TX A16", "ABSK x108",
    "bedrock-api-key- x64", "glpat- x20", "glptt- h40", "glrt- x20", "gloas- h64", "GR1348941 x20", "xoxb- d12 - d12 - x24",
    "xoxp- d12 - d12 - h32", "xoxe.xoxp-1- x146", "xapp-1- A11 - d12 - h64", "SG. x22 . x43", "xkeysib- h64 - x16", "key- h32",
    "pubkey- h32", "pypi-AgEIcHlwaS5vcmc x70", "sq0atp- x22", "sq0csp- x43", "EAAA x60", "EAACEdEose0cBA x40", "dp.pt. x43",
    "dt0c01. A24 . x64", "EZAK x54", "EZTK x54", "FLWSECK_TEST- h32 -X", "hvs. x90", "hvb. x140", "s. x24", "NRAK- A27", "NRJS- h19",
    "PMAK- h24 - h34", "p8e- a32", "ATATT3 x186", "ATCTT3x x180", "HRKU- h8 - h4 - h4 - h4 - h12", "access-sandbox- h8 - h4 - h4 - h4 - h12",
    "tk-us- x48", "ico- x32", "pat x14 . h64", "pat. x22 . x24 . x20", "dapi h32", "LTAI x20", "t1. x40 = x86", "AQVN x36", "YC x38",
    "v1.0- h24 - h146", "AKC x70", "APA x10", "sl. x138", "sha256~ x43", "A3- A6 - A6 - A5 - A5 - A5 - A5", "AGE-SECRET-KEY-1 A58",
    "sc_ a12 . a5 .acc_ a12 . a40", "authress_ a12 . a5 .acc- a12 . a40", "pk.eyJ x60 . x22", "s-s4t2ud- h64", "SK h32", "AC h32",
    "cmVmd x60", "M x25 . x6 . x27", "N x25 . x6 . x38", "d10 :A x34", "d16 | x27", "d16 %7C x27", "h32 -us12", "h32 - h8 - h8",
    "x14 .atlasv1. x64", "x6 _ x29 _mmk", "x3 8Q~ x34", "hooks.slack.com/services/ T x8 / B x8 / x24",
    "https://hooks.slack.com/workflows/ x40", "https://discord.com/api/webhooks/ d18 / x68", "ptb.discord.com/api/webhooks/ d18 / x68",
    "https://acme.webhook.office.com/webhookb2/ x40",
    "nvapi- x64", "csk- a48", "pcsk_ x60", "jina_ x60", "esecret_ a26", "tgp_v1_ x43", "sb_secret_ x31", "napi_ a64", "nfc_ x36",
    "vcp_ x56", "ATBB x32", "shptka_ h32", "lin_oauth_ h64", "CFPAT- x43", "dbtc_ x40", "mdb_sa_sk_ x40", "AVNS_ x19",
    "CCDB1_ x22 _ x40", "tskey-auth- x12 CNTRL- x32", "rootly_ h64", "re_ x8 _ x24", "xsmtpsib- h64 - x16", "mlsn. h64",
    "pdl_live_apikey_ a26 _ x22 _ x3", "aio_ x28", "ory_pat_ x32", "xau_ x40", "tr_prod_ x20", "signkey-prod- h64", "rpa_ A44",
    "bkua_ h40", "CCIPAT_ x22 _ h40", "pul- h40", "fio-u- x64", "sat. x22 . h24 . x20", "pat-na1- h8 - h4 - h4 - h4 - h12",
    "sdk- h8 - h4 - h4 - h4 - h12", "AKID x32", "SCW A17", "IQoJb3JpZ2luX2Vj x300", "FwoGZXIvYXdzE x280", "AAAAAAAAAAAAAAAAAAAAA x90",
    "slk_ h64", "dnkey- A26 - A52", "4b1d x38", "API- A26", "apify_api_ x36", "bb_live_ x27", "e2b_ h40", "flp_ x46", "fc- h32",
    "phs_ x43", "lsv2_sk_ h32 _ h10", "hcaik_01 a58", "rzp_live_ x14", "zpka_ a32 _ h8", "cio x32", "wandb_v1_ x77", "PMAT- A26",
]  # fmt: skip


def key(parts: str) -> str:
    """A key of these parts."""
    made = ""
    for part in parts.split():
        kind, size = part[0], part[1:]
        made += drawn(kind, int(size)) if kind in SIGNS and size.isdigit() else part
    return made


@pytest.mark.parametrize("parts", KEYS)
def test_a_makers_key_is_found_wherever_it_stands(parts: str) -> None:
    """Alone, quoted, assigned, or in a sentence: all of a key is replaced, and nothing else."""
    made = key(parts)
    for around in ("{}", "use {}", '"{}"', "x={}", "({})", "see /{}, and"):
        assert redact(around.format(made)) == around.format("<API_KEY>")
