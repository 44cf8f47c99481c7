"""The guide's three programs buy something, as they stand on the page, and end."""

import re
import shutil
import subprocess
import sys
from html import unescape

import pytest

from app.static_files import STATIC

GUIDE = (STATIC / "docs" / "index.html").read_text(encoding="utf-8")
EXAMPLES = {
    language: unescape(text)
    for language, text in re.findall(
        r'<pre data-example="(\w+)" tabindex="0">(.*?)</pre>', GUIDE, re.DOTALL
    )
}
COMMANDS = {
    "sh": ["sh", "-e"],
    "python": [sys.executable, "-"],
    "javascript": ["node", "--input-type=module", "-"],
}


@pytest.mark.parametrize(
    ("expires", "seen"),
    [("2030", ("transaction successful", "delivered")), ("2020", ("has expired", "declined"))],
    ids=["good card", "expired card"],
)
@pytest.mark.parametrize("language", COMMANDS)
def test_an_example_of_the_guide_buys_and_ends_with_the_order(
    enforced_url: str, language: str, expires: str, seen: tuple[str, ...]
) -> None:
    if not shutil.which(COMMANDS[language][0]):
        pytest.skip(f"{COMMANDS[language][0]} is not installed")
    program = EXAMPLES[language].replace("http://127.0.0.1:8000", enforced_url)
    program = program.replace("2030", expires)

    done = subprocess.run(
        COMMANDS[language], input=program, check=False, capture_output=True, text=True, timeout=90
    )

    assert done.returncode == 0, done.stderr
    assert [text for text in seen if text not in done.stdout] == []
