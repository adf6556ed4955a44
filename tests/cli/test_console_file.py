"""The console's own file: other homes and servers, and keys that a person chose."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.cli.console import _in_context
from causal_organism.cli.shell.contexts import ContextEntry, load_console_file
from causal_organism.errors import RequestError
from tui.actions import find
from tui.keymap import to_keymap, with_keys


def written(folder: Path, text: str) -> dict[str, str]:
    path = folder / "organism" / "tui.toml"
    path.parent.mkdir()
    path.write_text(text)
    return {"XDG_CONFIG_HOME": str(folder)}


def test_without_a_file_there_are_no_contexts_and_no_keys(tmp_path: Path) -> None:
    found = load_console_file({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (found.contexts, found.keys) == ({}, {})


def test_contexts_name_a_home_or_servers_with_their_marks(tmp_path: Path) -> None:
    environ = written(
        tmp_path,
        '[contexts.prod]\nhome = "/srv/organism"\nenv = { ORGANISM_ACTOR = "ops" }\n'
        "read_only = true\nproduction = true\n"
        '[keys]\n"runs.retry" = "R"\n',
    )
    found = load_console_file(environ)
    assert found.contexts == {
        "prod": ContextEntry(
            name="prod", variables={"ORGANISM_HOME": "/srv/organism", "ORGANISM_ACTOR": "ops"}, read_only=True,
            production=True,
        )
    }  # fmt: skip
    assert found.keys == {"runs.retry": "R"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("[context.prod]\n", "there is no section context"),
     ("[contexts.prod]\nhom = 'x'\n", "contexts.prod.hom is unknown"),
     ("[contexts.prod]\nread_only = 'yes'\n", "contexts.prod.read_only is not a bool"), ("[contexts", "Expected"),
     ("[keys]\n'runs.retry' = 3\n", "is not a text that names keys")],
)  # fmt: skip
def test_what_is_wrong_in_it_is_named_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RequestError) as refused:
        load_console_file(written(tmp_path, text))
    assert said in refused.value.message
    assert str(tmp_path / "organism" / "tui.toml") in refused.value.message


def test_a_context_has_nothing_of_the_servers_of_this_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", "postgresql://elsewhere/x")
    entry = ContextEntry(name="prod", variables={"ORGANISM_HOME": str(tmp_path)}, production=True)
    opening = _in_context(entry, read_only=True)
    assert (opening.place.context, opening.place.read_only, opening.place.production) == ("prod", True, True)
    assert opening.place.home == str(tmp_path)


def test_keys_are_chosen_by_the_id_of_an_action() -> None:
    keymap = to_keymap({"runs.retry": "R ctrl+t", "app.help": "/"})
    assert keymap == {"runs.retry": ("R", "ctrl+t"), "app.help": ("slash",)}
    (action,) = with_keys((find("retry", "runs"),), keymap)
    assert action.keys == ("R", "ctrl+t")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [({"runs.rety": "R"}, "no action 'runs.rety'"), ({"runs.retry": ""}, "is given no key"),
     ({"runs.retry": "s"}, "runs.stop and runs.retry would have the same key s")],
)  # fmt: skip
def test_keys_that_cannot_be_are_refused(chosen: dict[str, str], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        to_keymap(chosen)
