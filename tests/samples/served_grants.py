"""Requests, approvals and ends of grants in a programme of running places, signed as staff sign them."""

import hashlib
from typing import Any

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import grant
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.grant import AccessRequest, Approval, Revocation, grant_id_of
from aboveboard.formats.trust import Trust
from aboveboard.sealing.keys import Identity
from samples.served_world import ServedWorld


def requested(world: ServedWorld, people: list[str], identity: Identity, **changes: Any) -> str:
    """A researcher's request; its id."""
    request = AccessRequest(
        request_id=new_id(Kind.REQUEST),
        requester=world.staff_id("ravi"),
        recipient=identity.recipient,
        people=people,
        kinds=["screen"],
        purpose="train_agents",
        output="a policy",
        reason="to train a small policy on it",
        duration_ns=3600 * SECOND_NS,
        created_at_ns=world.clock.wall_ns(),
    )
    request = msgspec.structs.replace(request, **changes)
    signed = world.key("ravi").sign(grant.REQUEST_TYPE, grant.encode(request))
    world.post(world.key("ravi"), "/v1/requests", signed)
    return request.request_id


def answered(world: ServedWorld, name: str, request_id: str, verdict: str = "approve") -> str | None:
    """One approver's signed answer; the grant's id, if that made it one."""
    listed = world.get(world.key(name), "/v1/requests")
    payloads = [decode_base64(row["request"]["payload"]) for row in listed]
    payload = next(each for each in payloads if request_id.encode() in each)
    approval = Approval(
        request_id=request_id,
        request_sha256=hashlib.sha256(payload).hexdigest(),
        approver=world.staff_id(name),
        role=world.staff[name][0].role,  # type: ignore[arg-type]
        verdict=verdict,
        comment="",
        at_ns=world.clock.wall_ns(),
    )
    signed = world.key(name).sign(grant.APPROVAL_TYPE, grant.encode(approval))
    answer = world.post(world.key(name), f"/v1/requests/{request_id}/approvals", signed)
    return answer["grant_id"]


def granted(world: ServedWorld, people: list[str], identity: Identity, **changes: Any) -> str:
    """A live grant of the researcher for these people; its id."""
    request_id = requested(world, people, identity, **changes)
    assert answered(world, "sam", request_id) is None
    grant_id = answered(world, "rita", request_id)
    assert grant_id == grant_id_of(request_id)
    return grant_id


def trust_of(world: ServedWorld) -> Trust:
    keys = world.public
    return Trust(origin=keys.origin, log_key=keys.log_key, witness_keys=keys.witness_keys, quorum=1)


def revoked(world: ServedWorld, grant_id: str) -> None:
    """A representative ends it; the keyholder has it when this returns."""
    document = Revocation(
        grant_id=grant_id, by=world.staff_id("rita"), reason="the study was ended early", at_ns=world.clock.wall_ns()
    )
    signed = world.key("rita").sign(grant.REVOCATION_TYPE, grant.encode(document))
    world.post(world.key("rita"), f"/v1/grants/{grant_id}/revocation", signed)
