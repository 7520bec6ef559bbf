"""What a file is, whatever it is called; and what is none that phones are sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.mms.media import sniff
from mms import mms_files as files

UTF_16 = "\ufeffHej på dig".encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "content_type", "extension"),
    [
        (files.JPEG, "image/jpeg", "jpg"),
        (files.png(), "image/png", "png"),
        (files.GIF, "image/gif", "gif"),
        (b"GIF87a" + files.GIF[6:], "image/gif", "gif"),
        (files.AMR, "audio/amr", "amr"),
        (b"#!AMR-WB\n" + bytes(24), "audio/amr-wb", "awb"),
        (files.ID3, "audio/mpeg", "mp3"),
        (files.mp3_frames(3), "audio/mpeg", "mp3"),
        (files.mp3_frames(1), "audio/mpeg", "mp3"),
        (b"\xff\xf3\x44\xc4" + bytes(92) + b"\xff\xf3\x44\xc4", "audio/mpeg", "mp3"),  # MPEG-2, 24 kHz
        (files.MP4, "video/mp4", "mp4"),
        (files.MP4.replace(b"isom", b"M4A "), "audio/mp4", "m4a"),
        (files.THREE_GPP, "video/3gpp", "3gp"),
        (b"Hej!", "text/plain", "txt"),
        (b"<3 <- ett hj\xe4rta", "text/plain", "txt"),
        (UTF_16, "text/plain", "txt"),
        (files.VCARD, "text/x-vcard", "vcf"),
        (files.VCALENDAR, "text/x-vcalendar", "vcs"),
        (files.VCALENDAR.replace(b":1.0", b":2.0"), "text/calendar", "ics"),
        (files.SMIL, "application/smil", "smil"),
        (b"\xef\xbb\xbf <smil>", "application/smil", "smil"),
        (b'<!DOCTYPE smil PUBLIC "-//W3C//DTD SMIL 1.0//EN" "x"><smil/>', "application/smil", "smil"),
    ],
)
def test_the_content_tells_what_it_is(data: bytes, content_type: str, extension: str):
    media = sniff(data)
    assert media is not None
    assert (media.content_type, media.extension) == (content_type, extension)


def test_the_content_goes_before_the_name_and_the_header():
    media = sniff(files.png(), "virus.exe", "application/x-msdownload")
    assert media is not None
    assert media.content_type == "image/png"


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0",
        b"\x7fELF\2\1\1\0",
        b"\xcf\xfa\xed\xfe\x07\0\0\1",
        b"PK\3\4\x14\0\0\0",  # a ZIP: a Word document, a JAR, an APK
        b"%PDF-1.7\n",
        b"#!/bin/sh\nrm -rf /\n",
        b"@echo off\r\ndel c:\\*.*\r\n",
        b"<?php system($_GET['c']);",
        b"<%@ page %>",
        b"<!DOCTYPE html><title>x</title>",
        b" \n<script>alert(1)</script>",
        b"\xef\xbb\xbf" + b" \r\n\t\f" * 300 + b"<script>alert(1)</script>",
        b"\xff\xfe" + " \n<script>".rjust(3000).encode("utf-16-le"),
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<!DOCTYPE smil [<!ENTITY x SYSTEM "file:///etc/passwd">]><smil>&x;</smil>',
        b"\xef\xbb\xbf<html>",
        "\ufeff<html>".encode("utf-16-le"),
        b"\0\0\0\x18ftypheic\0\0\0\0",
        b"\0\0\0\x14ftyp3g2a\0\0\0\0",
        b"\xff\xfb\x90\0" + bytes(500),  # a frame's header by chance: no other where it says
        b"\xff\xf1\x50\x80" + bytes(9),  # AAC
        b"\xff\xfe\0",  # half a character of UTF-16
        b"\xff\xfea\0\0\0",  # with a NUL in it
        b"\xff\xfe",
        b"text, and then \0",
        b"ID3 is no tag yet\x01",
        b"",
    ],
)
@pytest.mark.parametrize(("name", "declared"), [("bild.jpg", "image/jpeg"), ("", "text/plain"), ("", "")])
def test_what_is_no_media_is_none_whatever_it_is_called(data: bytes, name: str, declared: str):
    assert sniff(data, name, declared) is None


DOS_PROGRAM = (
    b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0@" + bytes(35) + b"\x80\0\0\0"
    b"\x0e\x1f\xba\x0e\0\xb4\t\xcd!\xb8\1L\xcd!This program cannot be run in DOS mode.\r\r\n$" + bytes(7)
)
"""How a program for Windows begins."""


@pytest.mark.parametrize("program", [DOS_PROGRAM + b"PE\0\0L\1", DOS_PROGRAM, DOS_PROGRAM[:16]])
@pytest.mark.parametrize(("name", "declared"), [("brev.txt", "text/plain"), ("brev.txt", ""), ("brev", "")])
def test_a_program_is_no_text_whatever_it_is_called(program: bytes, name: str, declared: str):
    assert sniff(program, name, declared) is None


@given(st.text("MZ09 \n", min_size=58).map(str.encode), st.integers(0, 307_200), st.binary())
def test_a_program_of_windows_can_not_be_written_as_a_text(head: bytes, at: int, rest: bytes):
    """At octet 60 stands where the rest of it begins (e_lfanew, 4 octets): of so short a file the last of
    these is NUL, whatever else is in it."""
    assert sniff(b"MZ" + head[:58] + at.to_bytes(4, "little") + rest, "brev.txt", "text/plain") is None


@pytest.mark.parametrize("text", [b"MZ", b"MZ 123 is the car's number\r\n", b"MZ\xe5l\xe4rna"])
def test_a_text_may_begin_with_the_letters_of_a_program(text: bytes):
    media = sniff(text, "brev.txt", "text/plain")
    assert media is not None
    assert media.content_type == "text/plain"


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("lovely.js", ""),
        ("run.BAT", "text/plain"),
        ("page.html", "text/plain"),
        ("a.txt", "text/html"),
        ("a.txt", "application/javascript; charset=utf-8"),
        ("eicar.com", ""),
        ("bild.jpg", "image/jpeg"),
    ],
)
def test_a_text_that_is_called_something_else_is_none(name: str, declared: str):
    assert sniff(b"harmless()", name, declared) is None


@pytest.mark.parametrize(
    ("name", "declared"),
    [("", ""), ("a.TXT", ""), ("brev", "Text/Plain; charset=utf-8"), ("a.txt", "application/octet-stream")],
)
def test_a_text_may_be_called_one(name: str, declared: str):
    assert sniff(b"harmless()", name, declared) is not None


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (b"Hej", "us-ascii"),
        ("På".encode(), "utf-8"),
        (b"P\xe5", "windows-1252"),
        (UTF_16, "utf-16"),
        (files.GIF, ""),
    ],
)
def test_of_a_text_the_charset_is_told(data: bytes, charset: str):
    media = sniff(data)
    assert media is not None
    assert media.charset == charset


@pytest.mark.parametrize(
    ("data", "declared", "content_type"),
    [
        (files.THREE_GPP, "audio/3gpp", "audio/3gpp"),
        (files.MP4, "audio/mp4; x=y", "audio/mp4"),
        (files.MP4, "video/quicktime", "video/mp4"),
        (files.JPEG, "audio/amr", "image/jpeg"),
    ],
)
def test_whether_a_film_is_a_sound_only_its_sender_can_say(data: bytes, declared: str, content_type: str):
    media = sniff(data, declared=declared)
    assert media is not None
    assert media.content_type == content_type
    assert media.kind == content_type.partition("/")[0]


@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20))
def test_anything_is_some_media_or_none(data: bytes, name: str, declared: str):
    media = sniff(data, name, declared)
    if media is not None and media.charset:
        data.decode(media.charset, "replace" if media.charset == "windows-1252" else "strict")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece", [b" ", b"<!--", b"<!-- -->", b"<?xml", b"<?xml?>", b"<!doctype smil ", b"\t<"]
)
def test_a_hostile_beginning_costs_little(piece: bytes):
    for _ in range(20):
        sniff(piece * (400_000 // len(piece)))
