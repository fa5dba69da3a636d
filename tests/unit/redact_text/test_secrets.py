"""Is a secret found where it is shown, and is what only looks like one left alone?

Every value here was made up for the test; those with a checksum were given one that is right.
"""

import base64
import binascii
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.secrets import blocks, issuers, judge, places, seeds
from aboveboard.recorder.redact.text.secrets.detector import SecretDetector
from aboveboard.recorder.redact.text.secrets.placeholder import is_sentence, stands_for_another

DETECTOR = SecretDetector()
BODY = "Zk3vQ9xT7mB2nR8wL5pD1sH6jF4gYc"
LINE = "MIIEowIBAAKCAQEAx4Vb7Qd2mT9sKq1Zp8RfYcW3nJ6uHgL5eXoAi0DtSvBwNkMz"
LINE2 = "q7TzY2vKc9LbN4xWm1RgHs8JfQd5EpUa6ViOo3XtZyBkCwPnMrGhSeDlIjFuA0Tq"


def _github() -> str:
    number, check = binascii.crc32(BODY.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = issuers.BASE62[digit] + check
    return f"ghp_{BODY}{check}"


def _covered(text: str) -> str:
    """The characters that are covered, in order."""
    found = sorted({place for one in DETECTOR.find(text) for place in range(one.start, one.end)})
    return "".join(text[place] for place in found)


SECRETS = [
    ("AWS_ACCESS_KEY_ID=AKIAQ3EGRZ7XPLMNV2KD", "AKIAQ3EGRZ7XPLMNV2KD"),
    (f"git clone with {_github()} now", _github()),
    ("xoxb-" + "123456789012-" + BODY, "xoxb-123456789012-" + BODY),
    ("the key is sk_live" + "_" + BODY, "sk_live_" + BODY),
    ("glpat-" + BODY[:20], "glpat-" + BODY[:20]),
    ("SG." + BODY[:22] + "." + BODY + BODY[:13], "SG." + BODY[:22] + "." + BODY + BODY[:13]),
    ("sk-ant-api03-" + BODY, "sk-ant-api03-" + BODY),
    ("hf_" + BODY, "hf_" + BODY),
    ("123456789:AAH" + BODY + "xy", "123456789:AAH" + BODY + "xy"),
    ("AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQ", "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQ"),
    ("postgres://app:tr0ub4dor@db.example.com/app", "tr0ub4dor"),
    ("https://bob:" + "p%40ssword@example.com/", "p%40ssword"),
    ("Authorization: Basic Ym9iOmh1bnRlcjI=", "Ym9iOmh1bnRlcjI="),
    (f"Authorization: Bearer {BODY}", BODY),
    (f"Cookie: sessionid={BODY}; theme=dark", f"sessionid={BODY}; theme=dark"),
    ("curl -u bob:hunter2x https://example.com", "hunter2x"),
    ("mysql -u root -phunter2x shop", "hunter2x"),
    ("sshpass -p hunter2x ssh bob@example.com", "hunter2x"),
    ("machine example.com login bob password hunter2x", "hunter2x"),
    ("db.example.com:5432:shop:bob:hunter2x", "hunter2x"),
    ("bob:$apr1$Zk3vQ9xT$7mB2nR8wL5pD1sH6jF4gYc", "$apr1$Zk3vQ9xT$7mB2nR8wL5pD1sH6jF4gYc"),
    ("password = hunter2x", "hunter2x"),
    ('"password": "Tulip!42",', "Tulip!42"),
    ("  db_password: Tulip42", "Tulip42"),
    ("export MYSQL_ROOT_PASSWORD=Tulip42", "Tulip42"),
    (f"--token {BODY}", BODY),
    ("the password is Tulip!42", "Tulip!42"),
    ("das Passwort lautet Tulip!42", "Tulip!42"),
    ("la contraseña es Tulip!42", "Tulip!42"),
    ("le mot de passe est Tulip!42", "Tulip!42"),
    ("пароль: Tulip!42", "Tulip!42"),
    ("密码：Tulip!42", "Tulip!42"),
    (f"client_secret='{BODY}'", BODY),
    ("  --jwt-secret tulip_garden42 \\", "tulip_garden42"),
    (f'check "SECRET_KEY: {BODY}"', BODY),
    ('"unique_id": "AROAQ3EGRZ7XPLMNV2KD4"', "AROAQ3EGRZ7XPLMNV2KD4"),
    ("PN" + 4 * "4be07d19", "PN" + 4 * "4be07d19"),
]


GIVEN_TO_COMMANDS = """
openssl rsa -in key.pem -passin pass:§ -out out.pem
openssl genrsa -aes256 -passout pass:§ -out ca-key.pem 4096
openssl enc -aes-256-cbc -k § -in plain
keytool -genkey -storepass § -alias web
net user bob § /add
net use Z: \\\\files\\share § /user:bob
echo 'bob:§' | chpasswd
echo § | sudo -S apt update
echo § | docker login -u bob --password-stdin
xfreerdp /u:bob /p:§ /v:desk
psexec \\\\desk -u bob -p § cmd
plink -ssh bob@desk -pw §
smbclient //files/share -U bob%§
7z x -p§ all.7z
zip -P § all.zip one
sqlplus bob/§@orders
jdbc:oracle:thin:bob/§@db:1521/orders
nmcli dev wifi connect Garden password §
wpa_passphrase Garden §
masterauth §
ALTER USER 'bob'@'%' IDENTIFIED WITH mysql_native_password BY '§';
CREATE USER bob IDENTIFIED BY '§';
CREATE ROLE web LOGIN PASSWORD '§';
SET PASSWORD FOR 'bob'@'%' = PASSWORD('§');
Server=db;Database=orders;Uid=bob;Pwd=§;
//registry.example.org/:_auth=§
ConvertTo-SecureString -String "§" -AsPlainText -Force
username admin password 7 §
snmp-server community § RO
  key-mgmt=wpa-psk psk=§
WLAN-Schlüssel: §
""".strip().split("\n")

APART = """
{"name":"DB_PASSWORD","value":"§"}
{"key": "password", "value": "§"}
- name: POSTGRES_PASSWORD¶  value: §
a:1:{s:8:"password";s:9:"§";}
driver.find_element(By.ID, "password").send_keys("§")
page.locator("#password").fill("§")
fill_in "Password", with: "§"
user_pass := []byte("§")
auth = base64.b64encode(b'bob:§')
requests.get(url, auth=('bob', '§'))
requests.get(url, auth=HTTPBasicAuth('bob', '§'))
new NetworkCredential("bob", "§")
client.login('bob', '§')
Das Passwort für das WLAN lautet §
the password for the guest network is §
password = os.environ.get("PASSWORD") or "§"
const password = process.env.DB_PASSWORD || '§'
""".strip().split("\n")

PASSWORD = "tUlip4242"
SECRETS += [(line.replace("§", PASSWORD).replace("¶", "\n"), PASSWORD) for line in (*GIVEN_TO_COMMANDS, *APART)]
SECRETS += [
    ("  db-password: dHVsaXAgNDI=", "dHVsaXAgNDI="),
    ("kubeadm join 10.0.0.2:6443 --token 8hk3vq.zm7bq2nrxwl5pd1s", "8hk3vq.zm7bq2nrxwl5pd1s"),
    ("recovery code: 4f2a-9bc1-77de", "4f2a-9bc1-77de"),
    ("smtps://bob@example.org:tUlip4242@smtp.example.org:465", "tUlip4242"),
    (f"git clone https://{BODY}@github.com/example/it.git", BODY),
    ("encryption_key: 0x" + 4 * "4be07d19", 4 * "4be07d19"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS, ids=[text[:24] for text, _ in SECRETS])
def test_the_secret_is_covered_whole(text: str, secret: str) -> None:
    assert secret in _covered(text)


@pytest.mark.parametrize(("text", "secret"), SECRETS, ids=[text[:24] for text, _ in SECRETS])
def test_it_is_found_between_other_lines_and_beyond_ascii(text: str, secret: str) -> None:
    assert secret in _covered(f"Grüße 日本語 😀\n\n{text}\nthe next line\n")


HARMLESS = [
    "The password must have at least eight letters.",
    "Forgot your password?",
    "password = getPassword()",
    "password: ${DB_PASSWORD}",
    "password = <your password>",
    "token: xxxxxxxxxxxx",
    "api_key = os.environ['API_KEY']",
    "const password = request.body.password;",
    "def login(user: str, password: str) -> None:",
    "Please press any key to continue",
    "author: Jane Doe",
    "We walked along the river and had some tea.",
    "postgres://app:<password>@db.example.com/app",
    "postgres://user:pass@host/db",
    "AC" + 32 * "a",
    "public_key: " + LINE,
    "Nom d'utilisateur ou mot de passe incorrect.",
    "'passwordLabel': 'Wachtwoord:'",
    "पासवर्ड: अपना पासवर्ड फिर लिखें",
    '"-----BEGIN RSA PRIVATE KEY-----\\n" + body',
    "Enter the key under Settings and choose Save.",
    "see https://example.com/docs/getting-started?page=2#top",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "net user growth slowed",
    'insert into "entries" ("secret") values (?, (select "id" from "entries" where "secret" = ?))',
    "update user set authentication_string=PASSWORD('新密码')",
    "password: Passwort",
    "enable password protection",
    "password 8 characters long",
    'identified by "quality" managers',
    "ALTER USER bob PASSWORD '\" + word + \"'",
    "set password = password('${word}')",
    'echo "$PASSWORD" | docker login --password-stdin',
    "echo hello | tee --stdin",
    "openssl req -passin env:WORD",
    "keytool -storepass $WORD",
    "sqlplus / as sysdba",
    "docker run -p 8080:80 --name web nginx",
    "unzip -p archive.zip file.txt",
    "Server=db;Database=x;User Id=bob;Password=***;",
    "network key: exchange failed",
    "recovery code: sent by mail",
    "snmp-server community public RO",
    "- name: KEY_FILE\n  value: /etc/tls/server.key",
    "- name: SECRET_NAME\n  value: db-credentials",
    '{ Key: "Environment", Value: "production" }',
    "requests.get(url, auth=('user', 'pass'))",
    "passport.authenticate('local', 'google')",
    'expect(page.get_by_label("Password")).to_have_value("")',
    'page.locator("#password").should("be visible")',
    "The password for the meeting is on the board",
    "the key figure for the quarter is 45%",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert _covered(text) == ""


@pytest.mark.parametrize("kept", ["whole", "without its end", "without its beginning", "its middle"])
def test_a_private_key_is_covered_however_much_of_it_is_seen(kept: str) -> None:
    lines = ["-----BEGIN RSA PRIVATE KEY-----", LINE, LINE2, LINE, LINE2[:30], "-----END RSA PRIVATE KEY-----"]
    shown = {
        "whole": lines,
        "without its end": lines[:4],
        "without its beginning": lines[2:],
        "its middle": lines[1:4],
    }[kept]
    text = "\n".join(["before", *shown, "", "after"])
    covered = _covered(text)
    assert all(line in covered for line in shown)
    assert "before" not in covered
    assert "after" not in covered


def test_a_certificate_is_no_secret() -> None:
    text = "\n".join(["-----BEGIN CERTIFICATE-----", LINE, LINE2, LINE, "-----END CERTIFICATE-----"])
    assert list(blocks.private_keys(text)) == []


def test_a_right_checksum_makes_it_certain_and_a_wrong_one_does_not_clear_it() -> None:
    right = _github()
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    assert issuers.certainty(right) == 1.0
    assert 0.5 < issuers.certainty(wrong) < 1.0


def test_a_json_web_token_begins_with_a_json_object() -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    assert issuers.certainty(f"{head}.{head}.{BODY}") == 1.0
    assert issuers.certainty("eyJhbGciOiJ.x") < 0.9


def test_basic_holds_a_name_and_a_password() -> None:
    assert places.is_basic(base64.b64encode(b"bob:hunter2").decode())
    assert not places.is_basic("authentication")


def test_weights_that_do_not_hold_whole_trees_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = dict(np.load(Path(judge.__file__).parent / "weights.npz"))
    monkeypatch.setattr(judge.resources, "files", lambda _: tmp_path)
    for name, wrong in (
        ("version", np.array(judge.VERSION - 1)),
        ("next", whole["next"] + 1),
        ("next", whole["next"][:-1]),
        ("roots", np.array([len(whole["asked"])])),
        ("depth", np.array(0)),
    ):
        np.savez(tmp_path / "weights.npz", **{**whole, name: wrong})
        with pytest.raises(ValueError, match=r"weights\.npz"):
            judge.Judge()
    np.savez(tmp_path / "weights.npz", **whole)
    assert judge.Judge().threshold == pytest.approx(float(whole["threshold"]))


def test_twelve_words_are_a_seed_phrase_and_a_sentence_is_not() -> None:
    phrase = "apple river stone candle tiger ocean velvet garden copper falcon winter lemon"
    assert [phrase[start:end].strip() for start, end in seeds.phrases(phrase)] == [phrase]
    sentence = "people often walk along the river and look for stones that shine brightly"
    assert list(seeds.phrases(sentence)) == []


@pytest.mark.parametrize("value", ["<your password>", "${VAR}", "xxxx", "****", "your-api-key", "{{ token }}", "None"])
def test_placeholders(value: str) -> None:
    assert stands_for_another(value)


def test_words_on_a_page_are_no_password() -> None:
    assert is_sentence("Enter your password")
    assert is_sentence("Новый пароль")
    assert not is_sentence("correct-horse")
    assert not is_sentence("Tulip42")


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_findings_within_it(text: str) -> None:
    for one in DETECTOR.find(text):
        assert isinstance(one, Finding)
        assert 0 <= one.start < one.end <= len(text)
        assert 0 < one.certainty <= 1


PARTS = [
    "password",
    "=",
    ": ",
    '"',
    "'",
    "\\",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    LINE,
]
PARTS += [
    "\n",
    "\\n",
    "eyJ",
    "ghp_",
    "://",
    "@",
    ":",
    "Basic ",
    "{",
    "}",
    "\ud800",
    "echo a",
    " | sudo -S",
    "identified by ",
    ", value: ",
    "curl -u a:b ",
    "é",
    "日",
    "key",
    "token",
    "   ",
    "0x1,",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=60).map("".join))
def test_any_mixture_of_what_it_looks_for_gives_findings_within_it(text: str) -> None:
    assert all(0 <= one.start < one.end <= len(text) for one in DETECTOR.find(text))


@pytest.mark.parametrize(
    "part",
    [
        *PARTS,
        "password=",
        "a:",
        "key key ",
        "-----BEGIN ",
        LINE + "\n",
        "apple ",
        "<key>",
        "x=[1,",
        "ab://c:d@e ",
        "echo a|",
        "user login(",
        "pwd;",
        "auth('a','b')",
    ],
)
def test_no_text_takes_longer_than_in_proportion(part: str) -> None:
    began = time.process_time()
    DETECTOR.find(part * (20_000 // len(part)))
    assert time.process_time() - began < 4
