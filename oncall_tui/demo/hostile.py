"""Texts as whoever can raise an alert may write them, to make a screen, a terminal or an export misbehave.

``research/reliability.md`` section 2 measured what they do where nobody takes care. All are valid JSON strings.
"""

from __future__ import annotations

import zlib

MARKUP = (
    "disk [/dev/sda1] full",
    "[ERROR] db",
    "[@click=app.quit]x[/]",
    "[ @click=app.simulate_key('a')]acknowledge me",
    "[link=https://evil.example/]pay here[/link]",
    "regex [a-z]+ and a lone [/",
    "[bold red on $error]\\[not red\\]",
)
"""What a markup parser trips over or obeys."""

TERMINAL = (
    "\x1b[c\x1b[>q\x1b[6n answers press keys",
    "\x1b]2;pwned\x07title",
    "\x1b]2;never ends",
    "\x1b]52;c;cHduZWQ=\x07clipboard",
    "\x1b]10;?\x1b\\\x1b]11;?\x07colours",
    "\x1b]8;;https://evil.example/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[?1049l\x1b[2J\x1b[Hout of the screen",
    "\x1bP$qm\x1b\\DECRQSS",
    "\x9b2J\x9d2;pwned\x9c\x90C1",
    "nul\x00 del\x7f back\x08\x08\x08 bell\x07",
    "Checkout down\rSEV4 RESOLVED nothing to see",
)
"""What a terminal obeys: queries whose answers arrive as keys, titles, clipboard, C0 and C1."""

UNICODE = (
    "\u202egnitirw ot tfel thgir\u202c \u2066isolated\u2069",
    "pay\u200bments\u200d\ufeff\u2060 zero\u00adwidth",
    "tags \U000e0068\U000e0069\U000e007f",
    "a" + "\u0301" * 2000,
    "支払いサービスが応答しません 結제 오류",
    "family 👩‍👩‍👧‍👦 flag 🇩🇪 🏳️‍🌈 keycap 1️⃣",
    "שירות התשלומים אינו זמין: الدفع معطل",
    "ระบบชำระเงินไม่ตอบสนอง",
    "раymеnts (look-alike letters) https://раypal.example/",
)
"""What changes order, width or meaning."""

DOCUMENT = (
    "first line\n# Fake heading\n| Sev1 | 0 |\n---",
    "![t](http://evil.example/p.png) <script>alert(1)</script> &lt;",
    "{{ 7 * 7 }} {% for x in range(10**9) %} {{ ''.__class__ }}",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE incidents; --",
    "../../../../etc/passwd %s %n {0} ${HOME} `id`",
)
"""What a document, a template, a table or a query takes for its own."""

LONG = ("1 MB " + "A" * 1_000_000, "漢" * 20_000)

CORPUS = (*MARKUP, *TERMINAL, *UNICODE, *DOCUMENT, *LONG)
SHORT = (*MARKUP, *TERMINAL, *UNICODE, *DOCUMENT)


def spoil(text: str) -> str:
    """``text`` with a hostile one beside it, the same for the same text: nothing changes between two looks."""
    return f"{text} {SHORT[zlib.crc32(text.encode()) % len(SHORT)]}"
