"""What do the policies say? Cedar, over the files in ``policies/``.

Cedar leaves out a policy that errs, a ``forbid`` too, and decides by the rest. So here only a decision without any
diagnostic counts: an error, an attribute that is missing, an entity that is unknown, or a decision that takes too long
is a no, and an alarm. The policies and their schema are read and checked once, when the keyholder starts.

An operator may add files to ``policies/`` in the keyholder's home. They may only forbid: whatever they say, nothing
leaves that the policies here, and ``rules.grants``, do not let.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cedarpy

from aboveboard.base.errors import SetupMissing
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

SHIPPED = Path(__file__).parent / "policies"
TIME_LIMIT_S = 0.1
"""Of processor time. A decision takes a thousandth of it."""
LIMIT_BYTES = 256 * 1024
PARSED_KEPT = 512
"""The facts of so many grants and people are kept parsed: a release asks of the same twice."""

Alarm = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """``entities`` are all that is known; each is ``{"uid": …, "attrs": …, "parents": …}``."""

    principal: Mapping[str, str]
    action: str
    resource: Mapping[str, str]
    context: Mapping[str, Any]
    entities: Sequence[Mapping[str, Any]]


def uid(kind: str, name: str) -> dict[str, str]:
    """How Cedar names one thing."""
    return {"type": kind, "id": name}


def reference(kind: str, name: str) -> dict[str, Any]:
    """One thing, as the value of an attribute."""
    return {"__entity": uid(kind, name)}


def entity(
    kind: str, name: str, attributes: Mapping[str, Any], parents: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """One thing, with what is known of it."""
    return {"uid": uid(kind, name), "attrs": dict(attributes), "parents": list(parents)}


class Policies:
    """Policies that fit their schema; ``alarm`` is told of every decision that could not be made."""

    def __init__(self, texts: Sequence[str], schema: str, alarm: Alarm) -> None:
        text = "\n".join(texts)
        try:
            self._schema = cedarpy.Schema.from_str(schema)
            self._policies = cedarpy.PolicySet.from_str(text)
            checked = cedarpy.validate_policies(text, schema)
        except ValueError as error:
            raise _unusable(str(error)) from error
        if not checked.validation_passed:
            raise _unusable("; ".join(str(error) for error in checked.errors))
        self._alarm = alarm
        # The same text is the same facts: what it parses to is kept, and no decision ever is.
        self._parsed = lru_cache(maxsize=PARSED_KEPT)(partial(_entities, self._schema))

    def decide(self, question: Question) -> Decision:
        """Yes, or a no with the ids of the policies that forbid; ``policy:error`` if it could not be decided."""
        decision = self._decide(question)
        if decision.reason in (Reason.POLICY_ERROR, Reason.RULE_ERROR):
            decision = no(Reason.POLICY_ERROR, decision.detail)
            self._alarm(f"the policy could not be applied to {question.action}: {decision.detail}")
        return decision

    @deny_on_error
    def _decide(self, question: Question) -> Decision:
        began = time.thread_time()
        request = {
            "principal": dict(question.principal),
            "action": f'Action::"{question.action}"',
            "resource": dict(question.resource),
            "context": dict(question.context),
        }
        known = {(each["uid"]["type"], each["uid"]["id"]) for each in question.entities}
        for asked in (question.principal, question.resource):
            if (asked["type"], asked["id"]) not in known:
                return no(Reason.POLICY_ERROR, f"nothing is known of {asked['type']} {asked['id']}")
        # The schema is given twice: what is known must fit it, and so must the question.
        entities = self._parsed(json.dumps(question.entities))
        found = cedarpy.is_authorized(request, self._policies, entities, self._schema)
        if found.diagnostics.errors or found.decision is cedarpy.Decision.NoDecision:
            return no(Reason.POLICY_ERROR, "; ".join(found.diagnostics.errors)[:500] or "no decision")
        if time.thread_time() - began > TIME_LIMIT_S:
            return no(Reason.POLICY_ERROR, "it took too long")
        if not found.allowed:
            ids = sorted(found.diagnostics.id_annotations_by_reason.values())
            return no(Reason.POLICY_NO, ", ".join(ids) or "nothing permits it")
        return ALLOWED


def _entities(schema: cedarpy.Schema, text: str) -> cedarpy.Entities:
    """What is known, if it fits the schema; raises ``ValueError``."""
    return cedarpy.Entities.from_json_str(text, schema)


def open_policies(home: Path, alarm: Alarm) -> Policies:
    """Those that come with the keyholder, and the operator's own in ``home/policies``; raises :class:`SetupMissing`."""
    shipped = [path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.cedar"))]
    own = [_only_forbids(path) for path in sorted((home / "policies").glob("*.cedar"))]
    return Policies([*shipped, *own], (SHIPPED / "schema.cedarschema").read_text(encoding="utf-8"), alarm)


def _only_forbids(path: Path) -> str:
    """An operator's own file; raises :class:`SetupMissing` if it permits anything."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8") if len(data) <= LIMIT_BYTES else ""
        found = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise _unusable(f"{path.name}: {error}") from error
    effects = [each["effect"] for each in found["staticPolicies"].values()]
    if not effects or found.get("templates") or set(effects) != {"forbid"}:
        raise _unusable(f"{path.name} permits something, has templates, or says nothing; it may only forbid")
    return text


def _unusable(why: str) -> SetupMissing:
    return SetupMissing(
        f"the keyholder's policies cannot be used: {why[:1000]}",
        cause="a policy is misspelt, or speaks of something that policies/schema.cedarschema does not name",
        fix="correct the file, or take it away; no key leaves until then",
    )
