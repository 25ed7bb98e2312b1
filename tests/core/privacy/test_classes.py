"""What is found, class by class, and what is left alone. All values are made up."""

import pytest

from pytest_llm_telemetry.core.privacy import redact, scan

TAIL = "a1B2c3D4e5F6g7H8i9J0"
CARD = "4111" + "1111" * 3
FOUND = [
    # mail and URLs
    ("write to jo.doe+x@mail.example.co.uk.", "write to <EMAIL>."),
    ("<jo@example.com>", "<<EMAIL>>"),
    ("Jos\u00e9 jos\u00e9@ex\u00e4mple.de", "Jos\u00e9 <EMAIL>"),
    ("at ...a@b.com", "at ...<EMAIL>"),
    ("user@xn--80ak6aa92e.com", "<EMAIL>"),
    ("https://bob:hunter2@db.example.com/x", "https://<URL_CREDENTIALS>@db.example.com/x"),
    ("postgres://u:p@ss@h/db", "postgres://<URL_CREDENTIALS>@h/db"),
    (f"https://{TAIL}@git.example.com", "https://<URL_CREDENTIALS>@git.example.com"),
    # addresses
    ("from 10.1.2.3, 192.168.0.0/16", "from <IP>, <IP>"),
    ("10.0.0.1/99", "<IP>/99"),
    ("at 2001:db8::8a2e:370:7334.", "at <IP>."),
    ("1:2:3:4:5:6:7:8", "<IP>"),
    ("fe80::1%eth0 and 2001:db8::/32, 2001:db8::/999", "<IP> and <IP>, <IP>/999"),
    ("::ffff:192.0.2.1", "<IP>"),
    ("0a:23:f5:67:89:ac 01-23-45-67-89-AB aabb.ccdd.eeff", "<MAC> <MAC> <MAC>"),
    # cards
    (f"card {CARD} expires", "card <CARD> expires"),
    ("5555-5555-5555-4444 and 3782 822463 10005", "<CARD> and <CARD>"),
    ("my Maestro card 501800000009", "my Maestro card <CARD>"),
    (f"7 {CARD[:4]} 1111 1111 1111", "7 <CARD>"),
    ("6011000990139424", "<CARD>"),
    ("2223003122003222", "<CARD>"),
    ("6759649826438453", "<CARD>"),
    ("501800000009", "<CARD>"),
    # bank accounts
    ("IBAN GB29 NWBK 6016 1331 9268 19 please", "IBAN <IBAN> please"),
    ("de89370400440532013000", "<IBAN>"),
    ("AL47-2121-1009-0000-0002-3569-8741", "<IBAN>"),
    ("routing 021000021", "routing <BANK_ACCOUNT>"),
    # phones
    ("+44(0)909 879 0337 or (415) 555-0132", "<PHONE> or <PHONE>"),
    ("call (755) 730-0422 x164", "call <PHONE>"),
    ("828-635-2307x09667", "<PHONE>"),
    ("730.347.5681", "<PHONE>"),
    ("0494 92 82 32", "<PHONE>"),
    ("02.61.84.33.81", "<PHONE>"),
    ("you can call 9469 9966", "you can call <PHONE>"),
    ("Tel. 73448266", "Tel. <PHONE>"),
    ("my other number is 73448266", "my other number is <PHONE>"),
    ("92 34 70-Office", "<PHONE>-Office"),
    (
        "\u7535\u8bdd13800138000 call me at 13800138000",
        "\u7535\u8bdd13800138000 call me at <PHONE>",
    ),
    ("123-45-6789 0, +44 20 7946 0958 2nd", "<SSN> 0, <PHONE> 2nd"),
    ("12 3 555-867 5 415-555-0132 9", "12 3 555-867 5 <PHONE> 9"),
    # ids
    ("083-15-4686", "<SSN>"),
    ("078051121", "<SSN>"),
    ("911-53-1234", "<SSN>"),
    ("his SSN is 342857095", "his SSN is <NATIONAL_ID>"),
    ("401 023 2137", "<NATIONAL_ID>"),
    ("4010232137", "<NATIONAL_ID>"),
    ("1234567893", "<NATIONAL_ID>"),
    ("2123456701", "<NATIONAL_ID>"),
    ("2123 45670 1", "<NATIONAL_ID>"),
    ("44051401359", "<NATIONAL_ID>"),
    ("86095742719", "<NATIONAL_ID>"),
    ("529.982.247-25", "<NATIONAL_ID>"),
    ("52998224725", "<NATIONAL_ID>"),
    ("4001 2345 6787 and 400123456787", "<NATIONAL_ID> and 400123456787"),
    ("400123456787", "<NATIONAL_ID>"),
    ("130 692 544", "<NATIONAL_ID>"),
    ("1234-567-893", "<NATIONAL_ID>"),
    ("12345678Z, 1111111-G, X1234567L", "<NATIONAL_ID>, <NATIONAL_ID>, <NATIONAL_ID>"),
    ("nino AB 12 34 56 C or AB123456C", "nino <NATIONAL_ID> or <NATIONAL_ID>"),
    ("social security number is zz 51 89 40 t", "social security number is <NATIONAL_ID>"),
    ("RSSMRA85T10A562S", "<NATIONAL_ID>"),
    ("ABCPE1234F", "<NATIONAL_ID>"),
    ("S1234567D", "<NATIONAL_ID>"),
    ("131052-308T", "<NATIONAL_ID>"),
    ("Steuer-Id. 98765432106", "Steuer-Id. <NATIONAL_ID>"),
    ("1EG4-TE5-MK73", "<MEDICAL_ID>"),
    ("medical record number: 00123456", "medical record number: <MEDICAL_ID>"),
    ("my driver's license number is A5631933", "my driver's license number is <DRIVER_LICENSE>"),
    ("license number 123456789A", "license number <DRIVER_LICENSE>"),
    ("passport Z12803456", "passport <PASSPORT>"),
    ("Z12803456", "<PASSPORT>"),
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "<CRYPTO_ADDRESS>"),
    ("0x" + "52908400098527886E0F7030069857D2E4169EE7", "<CRYPTO_ADDRESS>"),
    # keys
    ("sk-" + "abcdefghijklmnopqrst", "<API_KEY>"),
    ("af7ec158ba55a7219908741c50cbc463-00001111-22223333", "<API_KEY>"),
    ("use ghp_" + TAIL * 2 + ".", "use <API_KEY>."),
    ("AKIA" + "Z7VRSQ5TJN2XMPLW", "<API_KEY>"),
    ('"AKC' + "xxxxxxxxxx" + '"', '"<API_KEY>"'),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijkl", "<JWT>"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "<PRIVATE_KEY> x"),
    ("a -----BEGIN PRIVATE KEY-----\nMIIE", "a <PRIVATE_KEY>"),
    ("discord_token: '482271033848084149'", "discord_token: '<API_KEY>'"),
    (
        'System.setProperty("PLAID_TOKEN", "' + TAIL + '")',
        'System.setProperty("PLAID_TOKEN", "<API_KEY>")',
    ),
    (
        f"<alibabaToken>\n    {TAIL}\n</alibabaToken>",
        "<alibabaToken>\n    <API_KEY>\n</alibabaToken>",
    ),
    ('{\\"asana_token\\":\\"1513266095345316\\"}', '{\\"asana_token\\":\\"<API_KEY>\\"}'),
    ("<token><![CDATA[" + TAIL + "]]></token>", "<token><![CDATA[<API_KEY>]]></token>"),
    ('token["x"] = "' + TAIL + '"', 'token["x"] = "<API_KEY>"'),
    ("?asana_token=1513266095345316&a=1", "?asana_token=<API_KEY>&a=1"),
    ("SNYK_TOKEN ?= 12345678-ABCD-ABCD-ABCD-1234567890AB,", "SNYK_TOKEN ?= <API_KEY>,"),
    ("api_key = m{{h}o)p${e]nob", "api_key = <API_KEY>"),
    ("BUNDLE_GEMS__CONTRIBSYS__COM=cafebabe:deadbeef", "BUNDLE_GEMS__CONTRIBSYS__COM=<API_KEY>"),
    ("Authorization: Bearer " + TAIL, "Authorization: Bearer <API_KEY>"),
    ("Authorization: odd~value-9.=-.a+", "Authorization: <API_KEY>"),
    ("send bearer " + TAIL, "send bearer <API_KEY>"),
    # passwords
    ("my password is swordfish", "my password is <PASSWORD>"),
    ("The password for the router is Xy7!kk.", "The password for the router is <PASSWORD>."),
    ("pin is 4321", "pin is <PASSWORD>"),
    ("password = 'value with spaces'", "password = '<PASSWORD>'"),
    ("db_pwd: s3cr3t!", "db_pwd: <PASSWORD>"),
    ('secrete[25] = "quoted\'value"', 'secrete[25] = "<PASSWORD>"'),
    ("password = '" + TAIL + "'", "password = '<PASSWORD>'"),
    ('if ("hunter2!!" == my_password)', 'if ("<PASSWORD>" == my_password)'),
    ("curl -u elastic:P@ssw0rd https://x", "curl -u <URL_CREDENTIALS> https://x"),
]
KEPT = [
    "", "ref AB123", "-51003690252772.0 and -7.25109656025137", "CriOS/29.0.800.0 Mobile", "text Safari/534.31.7", "85574380 Office", "of 0-373-14471-7 x", "token: {{ a.b }}&x", "plain words", "git@github.com:org/repo.git", "a @ b", "@home", "info@host", "x@1.2", "jo@",
    "http://user:***@host", "https://{user}:${pass}@host/", "ssh://git@host.example/x",
    "version 1.2.3.4", "v1.2.3.4", "1.2.3.4.5", "300.1.1.1", "a1.2.3.4",
    "at 21:47:47.680166", "2007-05-18T07:15:23", "std::vector", "abc::def", "1::2::3", ":::", "x:12:", "1:2:3:4:5:6:7:99999",
    "1:2:3:4:5:6:7.1.1", "::1:2:3:4:5:6:7:8", "text::1", "fe80::1text", "fe80:1:", "1:" * 30, "12:ff:1",
    "ab-cd-ef-00-11-22-33", "-11-22-33-44-55", "zz-11-22-33-44-55", "1234.5678.9012",
    "4111111111111112", "1234567890123452", "order 4716379142021968000000000", "1559995736", "6580953571306",
    "978-0-89177-467-9", "1986-07-14", "14.07.1986 10", "48.869890, 104.410550", "$14338.80", "6653-7008",
    "call. 6653-7008", "Nice ring! 1559995736", "order number is 12345678", "card 1234567890123", "phone 1234567890123456",
    "000-12-3456", "1234 5678 9012 3456", "GB29 NWBK 6016 1331 9268 18", "GB29NWBK60161331926819X", "ZZ29NWBK60161331926819",
    "xGB29NWBK60161331926819", "GB29 short", "1.22.333", "12345678A", "S1234567A", "131052-308A", "ref 12_345678", "0123456789_x",
    "MIT license 20230101", "the license is 1234", "passport 12", "my passport is in the drawer of room one, ask 123456789 there",
    "x_12345678", "ABCDEFGHIJKLMNOP123456", "1EG4-TE5-OK73", "x1EG4-TE5-MK73", "-TE5-", "0123456789012345678901234567890123456789012345",
    "1" * 26, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN",
    "3" + "z" * 34, "\u0664\u0664\u0664\u0664\u0664\u0664\u0664\u0664", "123456x7890_", "12345678 12-AB",
    "504b74ba-4a0f-475d-aa9e-ba0cdf561d80", "af7ec158ba55a7219908741c50cbc463", "internationalisation", "somethingQ~else", "some_identifier_name",
    "AKIAXXXXXXXXXXXXXXXX", "ghp_" + "x" * 36, "eyJBB.eyJCC.eyJDDDD", "-----BEGIN PUBLIC KEY-----", "collections.OrderedDict.fromkeys",
    "password = ${link}", "password = get_password()", "password: str", "password=None", "password = ''", "password is required",
    "the password is wrong", "token_count: 12345678", "max_tokens=4096", "api_key = your_key", "token: {{ secrets.X }}",
    "apiUrl=https://api.example.com/v1", "password_name: 12 monkeys", "passwordless login 2", "key: value1", "key = foo bar",
    "api_key: a{b}", "spin is 4321x", "password to 1", "bearer of bad news", "x == password", "curl -u $USER:$PASS x", "curl -u test:test x",
    "curl https://x", "curl -u 'name' x", "12 == '3", "a != token", "'\n' == token", "authorization: abcdefghijklmnopqrst", "secret_id is fine",
    "PuttyPassword=0", "auth = 1.2.3.4.5.6.7.8", 'bucket_key: "SalesResults-1.2"', "reset the password to continue",
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), FOUND)
def test_each_class_is_replaced_by_its_name(text: str, told: str) -> None:
    """Personal data and secrets become the name of their class, and nothing around them changes."""
    assert redact(text) == told


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_alike_is_kept(text: str) -> None:
    """Ids, times, versions, code and placeholders stay as they are."""
    assert scan(text) == []


def test_spans_tell_where_and_what() -> None:
    """A scan tells places in the text, in order, and what overlaps once."""
    text = "İ: a@b.com, password: x@b.com!1, PASSWORD=abc"
    assert [(text[a:b], label) for a, b, label in scan(text)] == [
        ("a@b.com", "<EMAIL>"),
        ("x@b.com!1", "<PASSWORD>"),
    ]
