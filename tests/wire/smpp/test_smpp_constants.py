"""smpplib has the same tables, typed by other hands."""

from __future__ import annotations

import pytest
from smpplib import command_codes, consts

from kavle.wire.smpp.constants import CommandId, CommandStatus, MessageState, Tag, status_name


def test_every_status_of_the_specification_is_there() -> None:
    theirs = {name[5:]: value for name, value in vars(consts).items() if name.startswith("SMPP_ESME_")}
    assert {status.name: int(status) for status in CommandStatus} == theirs


def test_command_ids_are_those_that_the_peer_knows() -> None:
    known = {command.name.lower(): int(command) for command in CommandId}
    for name, code in command_codes.commands.items():
        if name in known:
            assert known[name] == code


@pytest.mark.parametrize("tag", Tag)
def test_tags_are_those_that_the_peer_knows(tag: Tag) -> None:
    theirs = {name.lower(): value for name, value in consts.OPTIONAL_PARAMS.items()}
    assert theirs.get(tag.name.lower(), tag) == tag


def test_message_states_are_those_that_the_peer_knows() -> None:
    theirs = {
        name.removeprefix("SMPP_MESSAGE_STATE_"): value
        for name, value in vars(consts).items()
        if name.startswith("SMPP_MESSAGE_STATE_")
    }
    assert all(theirs[state.name] == state for state in MessageState if state.name in theirs)


def test_a_status_has_a_name_in_the_logs_whoever_made_it() -> None:
    assert status_name(0x58) == "ESME_RTHROTTLED"
    assert status_name(0x410) == "0x00000410"
