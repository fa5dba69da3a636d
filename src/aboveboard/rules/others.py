"""Where does one read what other people wrote?

Chat, mail, and calls at work. The person who is recorded has agreed; those who write to them have not. So in these
programs and on these sites what others wrote is covered, whatever is disclosed, and of what is told about the window
and its controls only what holds no words. What the person types is theirs, but it stands among others' words: it comes
out at the fidelity ``redacted`` at most.

Pure. Private mail is not here but in ``rules.contexts``: of it nothing comes out at all.
"""

import msgspec

from aboveboard.formats.disclosure import AppRule

PROGRAMS = frozenset(
    {
        "beeper", "betterbird", "caprine", "chatty", "cinny", "claws-mail", "com.apple.facetime", "com.apple.mail",
        "com.apple.mobilesms", "com.hnc.discord", "com.microsoft.outlook", "com.microsoft.teams",
        "com.microsoft.teams2", "com.tinyspeck.slackmacgap", "delta chat", "deltachat", "dino", "discord",
        "discord.exe", "element", "element-desktop", "evolution", "ferdium", "flare", "fluffychat", "fractal",
        "franz", "gajim", "geary", "gnome-evolution", "google-chat-linux", "hexchat", "hxoutlook.exe", "im.riot.app",
        "im.riot.riot", "jami", "jitsi meet", "kmail", "kmail2", "konversation", "linphone", "mailspring",
        "mattermost", "mattermost.desktop", "messenger", "microsoft teams", "microsoft teams - preview",
        "ms-teams.exe", "net.whatsapp.whatsapp", "nheko", "olk.exe", "org.gnome.evolution", "org.gnome.fractal",
        "org.gnome.geary", "org.mozilla.betterbird", "org.mozilla.thunderbird", "org.whispersystems.signal-desktop",
        "outlook.exe", "pidgin", "polari", "rambox", "ringcentral", "rocket.chat", "rocketchat",
        "ru.keepcoder.telegram", "session", "signal", "signal-desktop", "signal.exe", "skype", "skypeforlinux",
        "slack", "slack.exe", "sylpheed", "teams", "teams-for-linux", "teams.exe", "telegram", "telegram-desktop",
        "telegram.exe", "telegramdesktop", "thunderbird", "thunderbird-esr", "thunderbird.exe", "thunderbird_esr",
        "trojita", "us.zoom.xos", "viber", "viberpc", "webcord", "webex", "webex.exe", "wechat", "whatsapp",
        "whatsapp-for-linux", "whatsapp.exe", "whatsdesk", "wire", "zoom", "zoom workplace", "zoom.exe", "zulip",
    }
)  # fmt: skip
"""Class parts of ``WM_CLASS``, or what stands for them on other systems, compared without regard to case."""


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SITES = _listed(
    """
    app.slack.com teams.microsoft.com teams.live.com teams.cloud.microsoft chat.google.com meet.google.com
    mail.google.com outlook.office.com outlook.office365.com outlook.cloud.microsoft zoom.us app.zoom.us webex.com
    app.element.io chat.mozilla.org discord.com discordapp.com web.whatsapp.com web.telegram.org messenger.com
    www.facebook.com www.instagram.com x.com twitter.com linkedin.com/messaging mattermost.com zulipchat.com
    rocket.chat gotomeeting.com gotomeet.me whereby.com meet.jit.si bluejeans.com bigbluebutton.org ringcentral.com
    app.ringcentral.com dialpad.com intercom.com app.frontapp.com web.skype.com mail.zoho.com mail.zoho.eu
    cliq.zoho.com voice.google.com messages.google.com web.wechat.com wx.qq.com line.me app.wire.com wire.com
    www.yammer.com engage.cloud.microsoft workplace.com chime.aws gather.town roundcube.net webmail.gandi.net
    kmail.infomaniak.com larksuite.com feishu.cn dingtalk.com
    """
)
_FIRST_LABELS = _listed(
    """
    chat element jitsi mail mattermost matrix meet messages owa rocketchat roundcube sogo talk teams webmail webex
    zimbra zulip exchange bbb
    """
)
_PATHS = ("/owa/", "/webmail", "/roundcube", "/sogo/", "/zimbra", "/apps/mail", "/apps/spreed", "/call/")
"""Of servers that a company runs itself."""


def others_write(wm_class: str, host: str = "", path: str = "/") -> bool:
    """Does this program, or this site, show what other people wrote?"""
    if wm_class.strip().casefold() in PROGRAMS:
        return True
    labels = host.casefold().strip(".").split(".")
    above = {".".join(labels[place:]) for place in range(len(labels))}
    if any(name in above and path.startswith(f"/{begin}") for name, _, begin in (one.partition("/") for one in _SITES)):
        return True
    return (len(labels) > 2 and labels[0] in _FIRST_LABELS) or path.casefold().startswith(_PATHS)


def without_others(rule: AppRule) -> AppRule:
    """``rule`` with nothing above what may be told where others write."""
    return msgspec.structs.replace(
        rule,
        keystrokes="redacted" if rule.keystrokes == "exact" else rule.keystrokes,
        screen="none" if rule.screen == "none" else "structure",
        window="none" if rule.window == "none" else "app",
        site="none" if rule.site == "none" else "host",
        control="none" if rule.control == "none" else "role",
    )
