"""Which applications are never recorded, whatever a disclosure says?

Those that exist to keep or to ask for secrets: password managers and key rings, makers of codes, whatever asks for a
password or a PIN, and lock screens; and what shows notifications, which are other people's words. A disclosure that
names one is refused; a recorder that is given one all the same records nothing of it. The names are the class parts of
``WM_CLASS`` as the programs set them, or what stands for them on other systems, compared without regard to case.
"""

OWN_CLASS = "Aboveboard"
"""The recorder's own windows."""

PASSWORD_MANAGERS = frozenset(
    {
        "1password", "1password.exe", "bitwarden", "bitwarden.exe", "buttercup", "com.1password.1password",
        "com.agilebits.onepassword7", "com.apple.keychainaccess", "com.apple.passwords", "com.bitwarden.desktop",
        "dashlane", "dashlane.exe", "enpass", "enpass.exe", "figaro's password manager 2", "keepass", "keepass.exe",
        "keepass2", "keepassx", "keepassxc", "keepassxc.exe", "keeper password manager", "keeweb", "kwalletmanager",
        "kwalletmanager5", "lastpass", "lastpass.exe", "nordpass", "nordpass.exe", "org.gnome.passwordsafe",
        "org.gnome.seahorse.application", "org.gnome.secrets", "org.gnome.world.secrets", "org.keepassxc.keepassxc",
        "proton pass", "proton-pass", "qtpass", "revelation", "roboform", "seahorse", "sticky password",
    }
)  # fmt: skip
ASKERS = frozenset(
    {
        "com.apple.localauthentication.ui", "com.apple.securityagent", "consent.exe", "credentialuibroker.exe",
        "gcr-prompter", "gcr-viewer", "gksu", "gksudo", "gnome-keyring-ask", "gnome-keyring-prompt",
        "gnome-ssh-askpass", "kdesu", "kdesudo", "ksshaskpass", "kwalletd5", "kwalletd6", "lxpolkit",
        "lxqt-openssh-askpass", "lxqt-policykit-agent", "lxqt-sudo", "org.kde.kwalletd6", "pinentry", "pinentry-fltk",
        "pinentry-gnome3", "pinentry-gtk-2", "pinentry-qt", "pinentry-qt4", "pinentry-qt5",
        "polkit-gnome-authentication-agent-1", "polkit-kde-authentication-agent-1",
        "polkit-mate-authentication-agent-1", "ssh-askpass", "x11-ssh-askpass", "xfce-polkit",
    }
)  # fmt: skip
LOCKERS = frozenset(
    {
        "cinnamon-screensaver", "com.apple.loginwindow", "gnome-screensaver", "i3lock", "kscreenlocker_greet",
        "light-locker", "lockapp.exe", "logonui.exe", "mate-screensaver", "slock", "xfce4-screensaver", "xlock",
        "xscreensaver", "xsecurelock", "xtrlock",
    }
)  # fmt: skip
NOTIFIERS = frozenset(
    {
        "deadd-notification-center", "dunst", "lxqt-notificationd", "mate-notification-daemon", "naughty",
        "notification-daemon", "notify-osd", "swaync", "xfce4-notifyd",
    }
)  # fmt: skip

CODES = frozenset(
    {
        "authenticator", "authy desktop", "com.belmoussaoui.authenticator", "com.github.paolostivanin.otpclient",
        "com.yubico.yubioath", "ente auth", "enteauth", "gnome-authenticator", "io.ente.auth",
        "keysmith", "org.kde.keysmith", "otpclient", "yubico authenticator", "yubioath-desktop",
    }
)  # fmt: skip
"""They show the codes that are asked for after a password."""

NEVER = PASSWORD_MANAGERS | CODES | ASKERS | LOCKERS | NOTIFIERS | {OWN_CLASS.casefold()}


def never_recorded(wm_class: str) -> bool:
    """Is the application with this class part one of them? One without a name is."""
    return not wm_class.strip() or wm_class.strip().casefold() in NEVER
