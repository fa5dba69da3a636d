"""Is this page, or this field, there for somebody to say who they are?

A log-in as a whole is nobody's business: the name, the password, the code sent to a telephone, and what is shown in
between. A page is one if it has a field for a password or a code, if it lies on a host that does nothing else, or if
its path says so. A field asks for a code if the page declares it, or if its name does, in one of several languages.

Pure, and cautious: what looks like a log-in is one.
"""

import re
from collections.abc import Iterable, Mapping


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_HOSTS = _listed(
    """
    accounts.google.com accounts.youtube.com accounts.zoho.com accounts.firefox.com appleid.apple.com
    idmsa.apple.com auth.openai.com auth0.com b2clogin.com ciamlogin.com duosecurity.com id.atlassian.com
    identity.getpostman.com jumpcloud.com login.gov login.live.com login.microsoft.com login.microsoftonline.com
    login.windows.net login.salesforce.com login.yahoo.com msauth.net okta.com okta-emea.com okta-gov.com
    oktapreview.com onelogin.com pingidentity.com pingone.com pingone.eu signin.aws.amazon.com
    id.me idin.nl franceconnect.gouv.fr bundid.de id.bund.de personalausweisportal.de digid.nl mitid.dk bankid.com
    bankid.no spid.gov.it itsme.be
    passwords.google.com vault.bitwarden.com vault.bitwarden.eu 1password.com 1password.eu lastpass.com app.dashlane.com
    keepersecurity.com nordpass.com pass.proton.me app.enpass.io
    """
)
"""Each also stands for all hosts below it. Among them are keepers of passwords."""
_FIRST_LABELS = _listed(
    "login logon signin sign-in auth authn authenticate sso idp adfs sts saml oauth oauth2 mfa 2fa cas keycloak"
)
_STEPS = _listed(
    """
    login log-in log_in logon log-on signin sign-in sign_in signon sso oauth oauth2 saml saml2 openid-connect authorize
    authenticate authentication auth mfa 2fa tfa otp two-factor two-factor-authentication two_factor verify-otp
    password passwords passwort password_reset password-reset reset-password reset_password forgot-password
    forgot_password change-password change_password set-password wp-login anmelden anmeldung einloggen
    connexion se-connecter identification iniciar-sesion acceder ingresar accedi accesso inloggen logga-in entrar
    zaloguj logowanie prihlaseni
    """
)
"""Steps of a path, without their ending."""

_CODE_FIELDS = frozenset({"one-time-code", "current-password", "new-password", "cc-csc", "cc-number"})
"""Of HTML's ``autocomplete``."""
_CODE_WORDS = re.compile(
    r"""
    one[\s_-]?time[\s_-]?(code|pass|pin|password) | (?<![a-z])[th]?otp(?![a-z]) | (?<![a-z])[2m]fa(?![a-z])
    | two[\s_-]?(factor|step) | pass[\s_-]?code | passphrase | card[\s_-]?security
    | (verification|security|confirmation|authentication|authenticator|login|access|backup|recovery|sms|auth)
      [\s_-]?(code|pin|key|token)s?
    | (?<![a-z])(pin([\s_-]?(code|number))?|cv[vc]2?|csc)(?![a-z])
    | (bestätigungs|sicherheits|einmal|verifizierungs|freischalt|prüf|aktivierungs|zugangs|anmelde)
      [\s_-]?(code|kennwort|passwort|pin|nummer)
    | (?<![a-z])(m|mobile|sms|photo|push|chip|i)[\s_-]?tan(?![a-z])
    | (?<![a-z])tan(?=[\s_-]?(nummer|eingabe|eingeben|code)|$)
    | code\s(de\s)?(vérification|sécurité|confirmation|validation|d'accès|secret|à\susage\sunique) | mot\sde\spasse
    | c[óo]digo\s(de\s)?(verificaci[óo]n|seguridad|confirmaci[óo]n|acceso|[úu]nico|verifica[çc][ãa]o|seguran[çc]a)
    | contraseña | senha | codice\s(di\s)?(verifica|sicurezza|conferma|accesso|otp|temporaneo)
    | verificatiecode | beveiligingscode | toegangscode | kod\s(weryfikacyjny|sms|bezpieczeństwa|jednorazowy)
    | verifieringskod | engångskod | säkerhetskod | bekræftelseskode | engangskode | ověřovací\skód
    | код\s(подтверждения|из\sсмс|безопасности) | одноразовый
    | 验证码 | 驗證碼 | 动态密码 | 校验码 | 認証コード | 確認コード | ワンタイム | 인증번호 | 인증\s?코드
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAME_LIMIT = 300


def log_in_place(host: str, path: str) -> bool:
    """Does the address say that one logs in here?"""
    host = host.casefold().strip(".")
    labels = host.split(".")
    if any(".".join(labels[place:]) in _HOSTS for place in range(len(labels))):
        return True
    if len(labels) > 2 and labels[0] in _FIRST_LABELS:
        return True
    steps = [step.rpartition(".")[0] or step for step in path.casefold().split("/") if step]
    return any(step in _STEPS for step in steps)


def asks_for_code(names: Iterable[str], attributes: Mapping[str, str] | None = None) -> bool:
    """Is a field with these names, and these attributes of its page's, one for a code or a password?"""
    said = attributes or {}
    if said.get("text-input-type") == "password" or said.get("autocomplete", "").casefold() in _CODE_FIELDS:
        return True
    spoken = [*names, *(said.get(key, "") for key in ("html-input-name", "id", "placeholder-text"))]
    return any(_CODE_WORDS.search(name[:_NAME_LIMIT]) for name in spoken if name)
