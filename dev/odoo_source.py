"""Getting Odoo 19 onto the machine, from whichever source is within reach."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .console import StepFailed, run, say, step

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo"
PACKAGE = "odoo-19"
#: Debian keeps these apart from its Odoo package, which only links to their files.
#: They come from the machine's own release: sid's Font Awesome is too new for Odoo.
PACKAGE_ASSETS = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
#: Not free, hence not in Debian's package; the backend logs an error without it.
MISSING_SCRIPT = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclass(frozen=True)
class OdooSource:
    """An Odoo tree.

    :param kind: where it came from, for the messages
    :param import_path: the folder that makes ``import odoo`` work
    :param addons_path: a second folder of addons beside ``odoo/addons``, if any
    """

    kind: str
    import_path: Path
    addons_path: Path | None = None

    @classmethod
    def at(cls, kind: str, import_path: Path) -> "OdooSource":
        """The tree whose ``odoo`` package is below ``import_path``.

        :raises StepFailed: there is no Odoo 19 there
        """
        release = import_path / "odoo" / "release.py"
        if not release.exists():
            raise StepFailed(f"{import_path} holds no Odoo: {release} is missing")
        names: dict = {}
        exec(compile(release.read_text(), str(release), "exec"), names)
        if names["version_info"][:2] != (19, 0):
            raise StepFailed(f"{import_path} holds Odoo {names['version']}, not 19.0")
        addons = import_path / "addons"
        return cls(kind, import_path, addons if addons.is_dir() else None)


def find_odoo(cache: Path) -> OdooSource:
    """Find Odoo 19, or fetch it into the cache.

    In this order: ``ODOO_SOURCE``, an importable ``odoo``, what is in the cache, a
    clone of the public branch, Debian's package.

    :raises StepFailed: none of them gave an Odoo 19
    """
    named = os.environ.get("ODOO_SOURCE")
    if named:
        return OdooSource.at("ODOO_SOURCE", Path(named).resolve())
    return _importable() or _cached(cache) or _cloned(cache) or _from_debian(cache)


def _importable() -> OdooSource | None:
    spec = importlib.util.find_spec("odoo")
    for location in spec.submodule_search_locations or () if spec else ():
        try:
            return OdooSource.at("installed", Path(location).resolve().parent)
        except StepFailed as failure:
            say(f"The importable odoo is not used: {failure}")
    return None


def _clone_dir(cache: Path) -> Path:
    return cache / "odoo-git"


def _debian_dir(cache: Path) -> Path:
    return cache / "odoo-debian"


def _debian_import_path(cache: Path) -> Path:
    return _debian_dir(cache) / "usr/lib/python3/dist-packages"


def _cached(cache: Path) -> OdooSource | None:
    if _clone_dir(cache).exists():
        return OdooSource.at("clone", _clone_dir(cache))
    if _debian_dir(cache).exists():
        return OdooSource.at("Debian package", _debian_import_path(cache))
    return None


def _cloned(cache: Path) -> OdooSource | None:
    partial = cache / "odoo-git.partial"
    shutil.rmtree(partial, ignore_errors=True)
    no_questions = {"GIT_TERMINAL_PROMPT": "0"}
    say(f"Looking for the {SERIES} branch of {REPOSITORY} …")
    try:
        probe = ["git", "ls-remote", "--exit-code", REPOSITORY, SERIES]
        log = cache / "git.log"
        run(probe, what="git", env=no_questions, timeout=30, log=log)
    except StepFailed:
        say("  not within reach")
        return None
    with step(f"Cloning Odoo {SERIES} (some 500 MB)"):
        run(
            ["git", "clone", "--depth=1", f"--branch={SERIES}", REPOSITORY, partial],
            what="Cloning Odoo",
            remedy="Run the command again, or set ODOO_SOURCE to an Odoo 19 checkout.",
            env=no_questions,
        )
    partial.rename(_clone_dir(cache))
    return _cached(cache)


class _Apt:
    """apt with folders of its own: needs no root, leaves the machine's lists alone."""

    def __init__(self, folder: Path, source: str | None = None):
        """
        :param folder: where lists, cache and log go
        :param source: the one line of sources to use; without it, the machine's own
        """
        self.folder = folder
        self.log = folder / "apt.log"
        for name in ("lists/partial", "cache/archives/partial", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.options = [
            f"-oDir::State={folder / 'state'}",
            f"-oDir::State::Lists={folder / 'lists'}",
            f"-oDir::Cache={folder / 'cache'}",
            "-oDir::State::status=/var/lib/dpkg/status",
            "-oDebug::NoLocking=1",
            "-oAPT::Sandbox::User=",
        ]
        if source:
            (folder / "sources.list").write_text(source + "\n")
            self.options += [
                f"-oDir::Etc::sourcelist={folder / 'sources.list'}",
                "-oDir::Etc::sourceparts=/dev/null",
            ]

    def unpack(self, packages: tuple[str, ...], target: Path) -> None:
        """Download the packages and unpack them below ``target``."""
        remedy = f"Set ODOO_SOURCE to an Odoo 19 source tree. The log is {self.log}."
        what = f"Fetching {', '.join(packages)} from Debian"
        run(
            ["apt-get", *self.options, "update"],
            what=what,
            remedy=remedy,
            log=self.log,
        )
        run(
            ["apt-get", *self.options, "download", *packages],
            what=what,
            remedy=remedy,
            log=self.log,
            cwd=self.folder,
        )
        for archive in sorted(self.folder.glob("*.deb")):
            run(["dpkg-deb", "-x", archive, target], what=f"Unpacking {archive.name}")
            archive.unlink()


def _from_debian(cache: Path) -> OdooSource:
    if not shutil.which("apt-get"):
        raise StepFailed(
            "Odoo 19 is not on this machine, and neither its repository nor apt is "
            "within reach",
            "Set ODOO_SOURCE to an Odoo 19 source tree.",
        )
    work = cache / "odoo-debian.work"
    tree = cache / "odoo-debian.partial"
    for leftover in (work, tree):
        shutil.rmtree(leftover, ignore_errors=True)
    with step(f"Fetching Debian's {PACKAGE} (123 MB, unpacked 1.1 GB)"):
        source = f"deb [signed-by={_debian_keyring()}] {_debian_mirror()} sid main"
        _Apt(work / "sid", source).unpack((PACKAGE,), tree)
    with step("Fetching the fonts and scripts that the package links to"):
        _Apt(work / "own").unpack(PACKAGE_ASSETS, tree)
    _mend_links(tree)
    script = tree / "usr/lib/python3/dist-packages/odoo" / MISSING_SCRIPT
    script.parent.mkdir(parents=True, exist_ok=True)
    script.touch()
    shutil.rmtree(work)
    tree.rename(_debian_dir(cache))
    return OdooSource.at("Debian package", _debian_import_path(cache))


def _debian_mirror() -> str:
    """The mirror that this machine's own apt sources name for Debian's archive."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(REPO_URI) $(CODENAME)"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    ).stdout
    for line in listing.splitlines():
        uri = line.split()[1] if len(line.split()) > 1 else ""
        if uri.rstrip("/").endswith("/debian"):
            return uri
    raise StepFailed(
        "This machine's apt sources name no mirror of Debian's archive, which has "
        f"the package {PACKAGE}",
        "Set ODOO_SOURCE to an Odoo 19 source tree.",
    )


def _debian_keyring() -> Path:
    for suffix in ("gpg", "pgp"):
        keyring = Path(f"/usr/share/keyrings/debian-archive-keyring.{suffix}")
        if keyring.exists():
            return keyring
    raise StepFailed(
        "Debian's archive keyring is missing",
        "Install the package debian-archive-keyring, or set ODOO_SOURCE.",
    )


def _mend_links(tree: Path) -> None:
    """Point absolute links between the unpacked packages to each other's files."""
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *files):
            link = Path(folder, name)
            if not link.is_symlink():
                continue
            target = os.readlink(link)
            inside = tree / target.lstrip("/")
            if os.path.isabs(target) and inside.exists():
                link.unlink()
                link.symlink_to(os.path.relpath(inside, link.parent))
