"""The table of plans, and what must hold of every plan."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saber_plus_sva.engine.plan import (
    Create,
    Delete,
    Desired,
    LookUp,
    Observed,
    Profile,
    SetStatus,
    Update,
    plan,
)

PROFILE = Profile("Maria", "+5511987654321", "LIVROS")
OTHER = Profile("Maria", "+5511900000000", "CURSOS")
STATES = ("active", "blocked", "disabled")
CHANGES = {"phone": OTHER.phone, "package_code": OTHER.package_code}


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        # nothing is done on the ground of something unknown
        *(
            (Desired(state, PROFILE), Observed("unknown"), [LookUp()])
            for state in STATES
        ),
        # only who must be active is created
        (Desired("active", PROFILE), Observed("absent"), [Create()]),
        (Desired("blocked", PROFILE), Observed("absent"), []),
        (Desired("disabled", PROFILE), Observed("absent"), []),
        (Desired("disabled", PROFILE, "segredo1"), Observed("absent"), []),
        # who must be absent is deleted, whatever it is
        (Desired("absent"), Observed("unknown"), [LookUp()]),
        (Desired("absent"), Observed("absent"), []),
        *(
            (Desired("absent"), Observed(state, "usr_1", PROFILE), [Delete()])
            for state in STATES
        ),
        # the status
        *(
            (
                Desired(wanted, PROFILE),
                Observed(seen, "usr_1", PROFILE),
                [] if wanted == seen else [SetStatus(wanted)],
            )
            for wanted, seen in itertools.product(STATES, STATES)
        ),
        # a platform that does not tell blocked from disabled
        (Desired("blocked", PROFILE), Observed("inactive", "usr_1", PROFILE), []),
        (Desired("disabled", PROFILE), Observed("inactive", "usr_1", PROFILE), []),
        (
            Desired("active", PROFILE),
            Observed("inactive", "usr_1", PROFILE),
            [SetStatus("active")],
        ),
        (Desired("absent"), Observed("inactive", "usr_1", PROFILE), [Delete()]),
        # the profile: what differs, and nothing else
        (
            Desired("active", OTHER),
            Observed("active", "usr_1", PROFILE),
            [Update(CHANGES)],
        ),
        (
            Desired("blocked", PROFILE, "segredo1"),
            Observed("blocked", "usr_1", PROFILE),
            [Update({}, "segredo1")],
        ),
        # the status comes first, but another package before access
        (
            Desired("blocked", OTHER),
            Observed("active", "usr_1", PROFILE),
            [SetStatus("blocked"), Update(CHANGES)],
        ),
        (
            Desired("active", OTHER),
            Observed("blocked", "usr_1", PROFILE),
            [Update(CHANGES), SetStatus("active")],
        ),
        (
            Desired("active", PROFILE, "segredo1"),
            Observed("blocked", "usr_1", PROFILE),
            [SetStatus("active"), Update({}, "segredo1")],
        ),
    ],
)
def test_table(desired, observed, steps):
    assert list(plan(desired, observed)) == steps


profiles = st.builds(
    Profile,
    name=st.sampled_from(["Maria", "José"]),
    phone=st.sampled_from(["+5511987654321", "+5511900000000"]),
    package_code=st.sampled_from(["LIVROS", "CURSOS"]),
)
desired = st.builds(
    Desired,
    state=st.sampled_from([*STATES, "absent"]),
    profile=profiles,
    password=st.none() | st.just("segredo1"),
)
observed = st.builds(
    Observed,
    state=st.sampled_from([*STATES, "absent", "unknown"]),
    user_id=st.just("usr_1"),
    profile=profiles,
)


@given(desired, observed)
def test_following_the_plan_leads_to_the_desired_side(wanted, seen):
    """A model platform: two rounds at most, and nothing is left to do."""
    for _round in range(2):
        for step in plan(wanted, seen):
            match step:
                case LookUp():
                    seen = Observed("absent")
                case Create():
                    seen = Observed("active", "usr_1", wanted.profile)
                    wanted = Desired(wanted.state, wanted.profile)
                case Delete():
                    seen = Observed("absent")
                case SetStatus(state):
                    seen = Observed(state, "usr_1", seen.profile)
                case Update():
                    seen = Observed(seen.state, "usr_1", wanted.profile)
                    wanted = Desired(wanted.state, wanted.profile)
    assert plan(wanted, seen) == ()


def test_no_password_in_a_repr():
    assert "segredo1" not in repr(Desired("active", PROFILE, "segredo1"))
    assert "segredo1" not in repr(Update(password="segredo1"))
