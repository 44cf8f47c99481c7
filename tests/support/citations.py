"""Finding what the repository's texts cite: pages by number, files, modules, targets, commands.

Text is what people read: all of a page, and of code the comments and docstrings.
"""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from infra.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]

#: Pages whose headings are cited by number.
NUMBERED = {"CONTRACT.md": "openapi/CONTRACT.md", "DECISIONS.md": "app/DECISIONS.md"}

_KINDS = {".py", ".js", ".md", ".toml", ".yml", ".yaml", ".css", ".html"}
_PLAIN = {"Makefile", "Dockerfile", ".dockerignore"}
#: Files of others.
_FOREIGN = ("app/static/docs/vendor/", "app/static/pos/vendor/")
#: Made on a machine, never committed.
_MADE = {".venv", ".local", "build", ".git", "node_modules", "Pulumi.dev.yaml", "verify.md"}
#: Parts of the folder of local data.
_LOCAL_DATA = {"state", "tmp"}
#: A module of MiniStack.
_OTHERS = {"lambda_svc.py"}
_PACKAGES = "app|routers|workers|infra|tests"

_FILE = re.compile(
    r"(?<![\w/.$<>*{}-])((?:\.\./)*(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.(?:py|js|md|toml|yml|yaml|css|html))\b"
    r"(?![/*(\w])"
)
_FOLDER = re.compile(r"`((?:\.\./)*(?:[\w.-]+/)+)`")
_MODULE = re.compile(rf"`((?:{_PACKAGES})(?:\.(?!(?:js|py|css)`)\w+)+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CITED = re.compile(
    r"\b(CONTRACT\.md|DECISIONS\.md)`?, "
    r"((?:chapter )?\d+(?:\.\d+)?(?:(?:,| and|, and| to) \d+(?:\.\d+)?)*)"
)
#: What looks like a citation of a page without saying which one.
_VAGUE = re.compile(
    r"\b(?:contract|design),? (?:chapter |decisions? )?\d"
    r"|\bcontract(?:'s)?,? (?:\()?(?:chapter|table)"
    r"|\b(?:contract|design|style|moves|lab|cases)\.md\b"
    r"|\bdesign note"
    r"|(?<!app/DECISIONS\.md, )\bdecisions? \d",
)
#: ``make check``, also ``make check-pages``; a sentence about something else has no code around it.
_TARGET = re.compile(r"(?:^|`|\bexec |; )make (?:-\S+ )*([a-z][a-z-]*)\b(?=[ `).,:;]|$)")
_COMMAND = re.compile(r"\bacme-shop ([a-z][a-z-]*)\b(?![/.])")
_HEADING = re.compile(r"^#+ (\d+(?:\.\d+)?)[. ]", re.MULTILINE)


def tracked_files() -> list[Path]:
    """Return the repository's own texts, relative to its root."""
    return [
        path
        for path in map(Path, _listed())
        if (path.suffix in _KINDS or path.name in _PLAIN)
        and not str(path).startswith(_FOREIGN)
        and (ROOT / path).is_file()
    ]


@cache
def prose_of(path: Path, text: str) -> str:
    """Return what people read in a file, in lines without the signs of a comment."""
    if path.suffix == ".md":
        return text
    if path.suffix == ".py":
        return "\n".join(_python_prose(text))
    if path.suffix in {".js", ".css"}:
        return "\n".join(_script_prose(text))
    if path.suffix == ".html":
        return "\n".join(re.findall(r"<!--(.*?)-->", text, re.DOTALL))
    return "\n".join(
        line.strip().lstrip("# ") for line in text.splitlines() if line.lstrip().startswith("#")
    )


def _python_prose(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("#: ")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _script_prose(text: str) -> Iterator[str]:
    for block in re.findall(r"/\*(.*?)\*/", text, re.DOTALL):
        yield "\n".join(line.strip().lstrip("* ") for line in block.splitlines())
    yield from re.findall(r"(?<![:\"'`\w])//+ ?(.*)", text)


@cache
def _headings(page: str) -> frozenset[str]:
    return frozenset(_HEADING.findall((ROOT / page).read_text()))


@cache
def _names() -> frozenset[str]:
    return frozenset(Path(name).name for name in _listed())


def _listed() -> list[str]:
    """Return every file that is not ignored, committed or not, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return [name for name in listed.stdout.split("\0") if name]


def missing_in(path: Path, text: str) -> list[str]:
    """Return everything that a file cites and the repository does not have."""
    prose = prose_of(path, text)
    flowing = " ".join(prose.split())
    finders: tuple[Callable[[Path, str], Iterator[str]], ...] = (
        _missing_numbers,
        _vague,
        _missing_files,
        _missing_folders,
        _missing_modules,
        _missing_links,
        _missing_targets,
        _missing_commands,
    )
    return [f"{path}: {finding}" for find in finders for finding in find(path, flowing)]


def _missing_numbers(_: Path, flowing: str) -> Iterator[str]:
    for page, numbers in _CITED.findall(flowing):
        for number in re.findall(r"\d+(?:\.\d+)?", numbers):
            if number not in _headings(NUMBERED[page]):
                yield f"{page} has no heading {number}"


def _vague(path: Path, flowing: str) -> Iterator[str]:
    if str(path) in {"tests/support/citations.py", "tests/test_citations.py"}:
        return
    for match in _VAGUE.finditer(flowing):
        yield f"cites no page: {flowing[max(0, match.start() - 30) : match.end() + 10]!r}"


def _exists(path: Path, cited: str) -> bool:
    if (_MADE | _LOCAL_DATA) & set(cited.split("/")) or cited in _OTHERS or cited in _names():
        return True
    # TypeScript reads the types of a module from its declarations (.d.ts).
    spellings = [cited, cited.removesuffix(".js") + ".d.ts"] if path.suffix == ".js" else [cited]
    folders = [path.parent, *path.parent.parents]
    return any((ROOT / folder / spelling).exists() for folder in folders for spelling in spellings)


def _missing_files(path: Path, flowing: str) -> Iterator[str]:
    for cited in _FILE.findall(_without_links(flowing)):
        if not _exists(path, cited):
            yield f"there is no file {cited}"


def _missing_folders(path: Path, flowing: str) -> Iterator[str]:
    for cited in _FOLDER.findall(flowing):
        if not _exists(path, cited):
            yield f"there is no folder {cited}"


def _missing_modules(_: Path, flowing: str) -> Iterator[str]:
    for cited in _MODULE.findall(flowing):
        parts = cited.split(".")
        at = next(
            (length for length in range(len(parts), 0, -1) if _module(parts[:length]) is not None),
            0,
        )
        module = _module(parts[:at])
        rest = parts[at:]
        if module is None or (rest and not re.search(rf"\b{rest[0]}\b", module.read_text())):
            yield f"there is no {cited}"


def _module(parts: list[str]) -> Path | None:
    path = ROOT.joinpath(*parts)
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if parts and candidate.is_file():
            return candidate
    return None


def _without_links(flowing: str) -> str:
    return re.sub(r"https?://\S+", "", flowing)


def _missing_links(path: Path, flowing: str) -> Iterator[str]:
    if path.suffix != ".md":
        return
    for target in _LINK.findall(flowing):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = ROOT / path.parent / file if file else ROOT / path
        if not found.exists():
            yield f"leads nowhere: {target}"
        elif anchor and anchor not in anchors_of(found.read_text()):
            yield f"there is no heading for {target}"


def _missing_targets(_: Path, flowing: str) -> Iterator[str]:
    for target in _TARGET.findall(flowing):
        if target not in make_targets():
            yield f"there is no target {target} in the Makefile"


def _missing_commands(_: Path, flowing: str) -> Iterator[str]:
    for command in _COMMAND.findall(flowing):
        if command not in COMMANDS:
            yield f"there is no command {command}"


@cache
def make_targets() -> frozenset[str]:
    """Return the targets of the Makefile."""
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def anchors_of(text: str) -> set[str]:
    """Return the anchors that GitHub makes from the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
