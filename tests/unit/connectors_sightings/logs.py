"""Lines as real programs wrote them (OpenSSH 9.2 with PAM, sudo 1.9, util-linux su, slapd 2.5, rsyslog 8), with
other names, addresses and keys; and messages of Windows events in Japanese and English."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from connectors.sightings import Content, open_log
from connectors.sightings.reading import Reading
from iam.ports import Sighting, Unreadable

AT: Final = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

SSHD: Final = """\
Nov 21 20:00:14 ap01 sshd[31577]: Server listening on 0.0.0.0 port 22.
Nov 21 20:00:15 ap01 sshd[31631]: Accepted publickey for tanaka from 10.1.2.3 port 50974 ssh2: ED25519 SHA256:sGgg7821Z4oYZuxMzMAW
Nov 21 20:00:15 ap01 sshd[31631]: pam_unix(sshd:session): session opened for user tanaka(uid=1001) by (uid=0)
Nov 21 20:00:15 ap01 sudo:   tanaka : TTY=pts/0 ; PWD=/home/tanaka ; USER=root ; COMMAND=/usr/bin/id
Nov 21 20:00:15 ap01 sudo: pam_unix(sudo:session): session opened for user root(uid=0) by (uid=1001)
Nov 21 20:00:18 ap01 sudo: tanaka : 1 incorrect password attempt ; PWD=/home/tanaka ; USER=root ; COMMAND=/usr/bin/id
Nov 21 20:00:18 ap01 sshd[31631]: pam_unix(sshd:session): session closed for user tanaka
Nov 21 20:00:18 ap01 sshd[31657]: Invalid user nobodyhere from 10.1.2.9 port 50996
Nov 21 20:00:18 ap01 sshd[31660]: Connection closed by authenticating user root 10.1.2.9 port 51008 [preauth]
Nov 21 20:00:22 ap01 sshd[31700]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=10.1.2.9  user=tanaka
Nov 21 20:00:24 ap01 sshd[31700]: Failed password for tanaka from 10.1.2.9 port 51022 ssh2
Nov 21 20:00:25 ap01 sshd[31700]: Connection closed by authenticating user tanaka 10.1.2.9 port 51022 [preauth]
Nov 21 20:00:27 ap01 sshd[31704]: Failed password for invalid user root from 10.9.9.9 port 22 ssh2 from 10.1.2.9 port 56374 ssh2
Nov 21 20:00:29 ap01 su[31726]: (to root) tanaka on pts/0
Nov 21 20:00:31 ap01 su[31732]: FAILED SU (to root) tanaka on none
Nov 21 20:00:35 ap01 sudo: suzuki : user NOT in sudoers ; PWD=/home/suzuki ; USER=root ; COMMAND=/usr/bin/id
Nov 21 20:00:36 ap01 login[901]: pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)
Nov 21 20:00:37 ap01 CRON[902]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)
Nov 21 20:00:38 ap01 sshd-session[903]: message repeated 2 times: [ Failed password for root from 10.1.2.9 port 51023 ssh2]
"""  # noqa: E501 - as programs wrote them

SSHD_SAYS: Final = [
    (2, "signed_in", "tanaka", "10.1.2.3"),
    (4, "raised", "tanaka", ""),
    (6, "failed", "tanaka", ""),
    (7, "ended", "tanaka", ""),
    (9, "failed", "root", "10.1.2.9"),
    (11, "failed", "tanaka", "10.1.2.9"),
    (13, "failed", "root from 10.9.9.9 port 22 ssh2", "10.1.2.9"),
    (14, "signed_in", "root", ""),
    (15, "failed", "root", ""),
    (16, "failed", "suzuki", ""),
    (17, "signed_in", "root", ""),
    (19, "failed", "root", "10.1.2.9"),
]

SLAPD: Final = """\
Nov 21 20:01:10 ldap1 slapd[32323]: slapd starting
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1000 fd=9 ACCEPT from IP=10.1.2.3:55926 (IP=0.0.0.0:389)
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1001 fd=10 ACCEPT from IP=[2001:db8::9]:55936 (IP=[::]:389)
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1000 op=0 BIND dn="cn=admin,dc=x" method=128
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1001 op=0 BIND dn="cn=山田 \\2C x,dc=x" method=128
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1000 op=0 BIND dn="cn=admin,dc=x" mech=SIMPLE bind_ssf=0 ssf=0
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1000 op=0 RESULT tag=97 err=0 qtime=0.000010 etime=0.000073 text=
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1001 op=0 RESULT tag=97 err=49 qtime=0.000005 etime=0.000875 text=
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1000 op=1 SEARCH RESULT tag=101 err=0 qtime=0.000010 etime=0.000105 nentries=1 text=
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1000 op=2 UNBIND
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1002 op=0 BIND dn="" method=128
Nov 21 20:01:11 ldap1 slapd[32323]: conn=1002 op=0 RESULT tag=97 err=0 qtime=0.000011 etime=0.000038 text=
"""  # noqa: E501 - as slapd wrote them

LOGON_JA: Final = (
    "アカウントが正常にログオンしました。\n\nサブジェクト:\n\tセキュリティ ID:\t\tSYSTEM\n\tアカウント名:\t\tDC01$\n"
    "\tログオン ID:\t\t0x3E7\n\nログオン情報:\n\tログオン タイプ:\t\t10\n\n新しいログオン:\n"
    "\tセキュリティ ID:\t\t{sid}\n\tアカウント名:\t\t{login}\n"
    "\tアカウント ドメイン:\t\tMINATO\n\tログオン ID:\t\t0xA1B2C\n\n"
    "ネットワーク情報:\n\tワークステーション名:\tWS3\n"
    "\tソース ネットワーク アドレス:\t10.1.2.3\n\tソース ポート:\t\t50001\n"
)
FAILURE_EN: Final = (
    "An account failed to log on.\n\nSubject:\n\tAccount Name:\t\tDC01$\n\tLogon ID:\t\t0x3E7\n\nLogon Type:\t\t\t3\n\n"
    "Account For Which Logon Failed:\n\tSecurity ID:\t\tNULL SID\n"
    "\tAccount Name:\t\tadm01\n\tAccount Domain:\t\tMINATO\n\n"
    'Failure Information:\n\tFailure Reason:\t\tSaid ""unknown"", so out.\n\n'
    "Network Information:\n\tSource Network Address:\t::ffff:10.1.2.9\n\tSource Port:\t\t0\n"
)
SPECIAL_JA: Final = (
    "新しいログオンに特権が割り当てられました。\n\nサブジェクト:\n"
    "\tセキュリティ ID:\t\tS-1-5-21-7-500\n\tアカウント名:\t\tadm01\n"
    "\tアカウント ドメイン:\t\tMINATO\n\tログオン ID:\t\t0xa1b2c\n\n特権:\t\t\tSeDebugPrivilege\n"
)


def logon(login: str = "adm01", sid: str = "S-1-5-21-7-500") -> str:
    """The message of 4624."""
    return LOGON_JA.format(login=login, sid=sid)


def viewer(
    *rows: tuple[str, int, str], heading: str = "キーワード,日付と時刻,ソース,イベント ID,タスクのカテゴリ"
) -> str:
    """A CSV as the Event Viewer saves it: (time, event, message)."""
    listed = (
        f'成功の監査,{at},Microsoft-Windows-Security-Auditing,{number},ログオン,"{said}"' for at, number, said in rows
    )
    return "\r\n".join([heading, *listed, ""])


def reading(content: str | bytes, name: str = "security.csv", year: int | None = None) -> Reading:
    """A reader for what somebody sent."""
    held = content.encode() if isinstance(content, str) else content
    return open_log(Content.sent(name, held, AT), year=year)


def said(rows: Sequence[Sighting | Unreadable]) -> list[tuple[int, str, str, str]]:
    """(line, what, login, address) of each sighting."""
    found = [each for each in rows if isinstance(each, Sighting)]
    return [
        (int(each.place.split()[-1].strip("行目記録")), each.what.value, each.login, each.address) for each in found
    ]


def faults(rows: Sequence[Sighting | Unreadable]) -> list[tuple[str, str]]:
    """(place, reason) of each row that could not be read."""
    return [(each.place, each.reason) for each in rows if isinstance(each, Unreadable)]
