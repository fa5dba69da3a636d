"""Which applications are never recorded, whatever a disclosure says?

Those that exist to keep or to ask for secrets: password managers and key rings, whatever asks for a password or a PIN,
and lock screens; and what shows notifications, which are other people's words. A disclosure that names one is refused;
a recorder that is given one all the same records nothing of it. The names are the class parts of ``WM_CLASS`` as the
programs set them, compared without regard to case.
"""

OWN_CLASS = "Aboveboard"
"""The recorder's own windows."""

PASSWORD_MANAGERS = frozenset(
    {
        "1password", "bitwarden", "buttercup", "dashlane", "enpass", "figaro's password manager 2", "keepass",
        "keepass2", "keepassx", "keepassxc", "keeper password manager", "keeweb", "kwalletmanager", "kwalletmanager5",
        "lastpass", "nordpass", "org.gnome.passwordsafe", "org.gnome.secrets", "org.gnome.seahorse.application",
        "proton pass", "proton-pass", "qtpass", "revelation", "roboform", "seahorse", "sticky password",
    }
)  # fmt: skip
ASKERS = frozenset(
    {
        "gcr-prompter", "gcr-viewer", "gnome-ssh-askpass", "kdesu", "ksshaskpass", "kwalletd5", "kwalletd6",
        "lxpolkit", "lxqt-openssh-askpass", "lxqt-policykit-agent", "lxqt-sudo", "org.kde.kwalletd6",
        "pinentry", "pinentry-fltk", "pinentry-gnome3", "pinentry-gtk-2", "pinentry-qt", "pinentry-qt4",
        "pinentry-qt5", "polkit-gnome-authentication-agent-1", "polkit-kde-authentication-agent-1",
        "polkit-mate-authentication-agent-1", "ssh-askpass", "x11-ssh-askpass", "xfce-polkit",
    }
)  # fmt: skip
LOCKERS = frozenset(
    {
        "cinnamon-screensaver", "gnome-screensaver", "i3lock", "kscreenlocker_greet", "light-locker",
        "mate-screensaver", "slock", "xfce4-screensaver", "xlock", "xscreensaver", "xsecurelock", "xtrlock",
    }
)  # fmt: skip
NOTIFIERS = frozenset(
    {
        "deadd-notification-center", "dunst", "lxqt-notificationd", "mate-notification-daemon", "naughty",
        "notification-daemon", "notify-osd", "swaync", "xfce4-notifyd",
    }
)  # fmt: skip

NEVER = PASSWORD_MANAGERS | ASKERS | LOCKERS | NOTIFIERS | {OWN_CLASS.casefold()}


def never_recorded(wm_class: str) -> bool:
    """Is the application with this class part one of them? One without a name is."""
    return not wm_class.strip() or wm_class.strip().casefold() in NEVER
