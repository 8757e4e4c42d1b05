"""Every act has an example body that the gateway takes."""

import pytest

from cli.example import EXAMPLES
from gateway.shape import check_body
from schemas.code import Act
from schemas.error import Refusal


class TestExample:
    @pytest.mark.parametrize("act", Act)
    def test_it_is_valid(self, act: Act) -> None:
        assert not isinstance(check_body(act, EXAMPLES[act]), Refusal)

    def test_one_for_each_act(self) -> None:
        assert set(EXAMPLES) == set(Act)
