"""Names that strangers gave, made safe."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.mms.names import LONGEST, safe_names


@pytest.mark.parametrize(
    ("name", "extension", "safe"),
    [
        ("bild.jpg", "jpg", "bild.jpg"),
        ("Semester på Öland.JPEG", "jpg", "Semester_pa_Oland.jpg"),
        ("Smørrebrød æ.png", "png", "Smorrebrod_ae.png"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("C:\\bilder\\katt.gif", "gif", "katt.gif"),
        (".htaccess", "txt", "file.txt"),
        (".bashrc.txt", "txt", "bashrc.txt"),
        ("shell.php.jpg", "jpg", "shell_php.jpg"),
        ("virus.exe", "png", "virus.png"),
        ("a\r\nSet-Cookie: x", "txt", "a_Set-Cookie_x.txt"),
        ("a\0b", "bin", "a_b.bin"),
        ("con.jpg", "jpg", "file-con.jpg"),
        ("LPT1", "txt", "file-LPT1.txt"),
        ("写真.png", "png", "file.png"),
        ("", "bin", "file.bin"),
        ("..", "bin", "file.bin"),
        ("-rf", "bin", "rf.bin"),
        ("\ud800.gif", "gif", "file.gif"),
        ("x" * 500 + ".jpg", "jpg", "x" * 60 + ".jpg"),
    ],
)
def test_a_name_is_made_safe(name: str, extension: str, safe: str):
    assert safe_names([(name, extension)]) == [safe]


def test_each_name_is_there_once_in_whatever_case():
    asked = [("a.jpg", "jpg"), ("A.JPG", "jpg"), ("a-2.jpg", "jpg"), ("a.jpg", "jpg"), ("a.gif", "gif")]
    assert safe_names(asked) == ["a.jpg", "A-2.jpg", "a-2-2.jpg", "a-3.jpg", "a.gif"]


@given(st.lists(st.tuples(st.text(max_size=90), st.sampled_from(["jpg", "3gp", "smil", "bin"])), max_size=20))
def test_any_names(asked: list[tuple[str, str]]):
    names = safe_names(asked)
    assert len({name.lower() for name in names}) == len(asked)
    for name, (_, extension) in zip(names, asked, strict=True):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*\.[a-z0-9]+", name)
        assert len(name) <= LONGEST
        assert name.endswith(f".{extension}")
    assert safe_names(zip(names, (extension for _, extension in asked), strict=True)) == names
