"""The exported openings as a page to read: one file, no script, nothing from elsewhere.

It says what ``openings.json`` beside it says and proves nothing by itself, and its first paragraph tells so.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import entry as entries
from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.entry import Released
from aboveboard.formats.grant import kinds_in_words
from aboveboard.formats.openings_proof import Made, OpeningsProof

STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.2rem 4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent); padding: .6rem .8rem .6rem 0;
  text-align: left; vertical-align: top; }
th { font-size: .87rem; }
small { display: block; opacity: .8; }
code { font-size: .87rem; overflow-wrap: anywhere; }
"""


def page(proof: OpeningsProof) -> str:
    """The whole page. Every text in it is escaped."""
    grants = _grants(proof)
    count = sum(len(each) for each in grants.values())
    opened = f"{count} openings of segments, under {len(grants)} grants" if count else "Nobody opened any of them"
    rows = "".join(
        _row(each, [made for made in proof.made if made.grant_id == grant]) for grant, each in grants.items()
    )
    head = "<tr><th>Who<th>Why<th>Approved by<th>When, until when<th>What was made</tr>"
    table = f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>' if rows else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Who opened these recordings</title><style>{STYLE}</style></head><body>
<h1>Who opened these recordings</h1>
<p>Of <code>{escape(proof.person_id)}</code>, as of {_when(proof.made_at_ns)}. {opened}.</p>
<p>This page is for reading and proves nothing by itself. The evidence is <code>openings.json</code> beside it;
<code>aboveboard openings verify</code> checks it without any server, against the keys of the log and its witnesses.</p>
{table}
<h2>What was believed</h2>
<p>The log <code>{escape(proof.trust.origin)}</code>, signed with <code>{escape(proof.trust.log_key)}</code> and by
{proof.trust.quorum} or more of these witnesses. Compare these keys with what they publish.</p>
<ul>{"".join(f"<li><code>{escape(key)}</code>" for key in proof.trust.witness_keys)}</ul>
<p>{_passed_on(proof)} What was made is what the vault told; it is not in the log.</p>
</body></html>
"""


def _grants(proof: OpeningsProof) -> dict[str, list[Released]]:
    """The openings by grant, the newest grant first."""
    found: dict[str, list[Released]] = {}
    for each in reversed(proof.entries):
        try:
            entry = entries.decode(each.readable.encode("utf-8", "replace"))
        except AboveboardError:
            continue  # whoever verifies is told; here it cannot be shown
        if isinstance(entry, Released):
            found.setdefault(entry.grant_id, []).append(entry)
    return found


def _row(releases: Sequence[Released], made: Iterable[Made]) -> str:
    one = releases[0]
    first, last = min(each.at_ns for each in releases), max(each.at_ns for each in releases)
    span = _when(first) if first // (60 * SECOND_NS) == last // (60 * SECOND_NS) else f"{_when(first)} to {_when(last)}"
    things = "<br>".join(f"{escape(each.kind)}, {escape(each.created_at[:10])}, {escape(each.state)}" for each in made)
    opened = f"{len(releases)} segments: {kinds_in_words(one.kinds)}"
    return (
        f"<tr><td>{escape(one.requester_name)}<small>{escape(opened)}</small>"
        f"<td>{escape(one.reason)}<small>To {escape(PURPOSES[one.purpose])}. Makes {escape(one.output)}.</small>"
        f"<td>{'<br>'.join(map(escape, one.approvers))}"
        f"<td>{span}<small>until {_when(one.expires_at_ns)} at the latest</small>"
        f"<td>{things or 'nothing that the vault knows of'}</tr>"
    )


def _passed_on(proof: OpeningsProof) -> str:
    if proof.passed_on is None:
        return "The vault did not say how many keys it passed on."
    return f"The vault said that it passed on {proof.passed_on} keys."


def _when(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).strftime("%Y-%m-%d %H:%M UTC")
