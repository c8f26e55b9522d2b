"""``make lock``: renew the versions that are tested."""

from .console import main, step
from .env import CANAILLE, LOCKED, Uv
from .paths import REQUIREMENTS, ROOT, cache_dir

SANDBOX = ROOT / "sandbox" / "requirements.in"


def _main() -> int:
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    uv = Uv(cache)
    with step("Looking for the newest versions that fit together"):
        _compile(
            uv,
            REQUIREMENTS / "dev.in",
            LOCKED,
            "--upgrade",
            "--excludes",
            REQUIREMENTS / "provided.txt",
        )
        _compile(uv, CANAILLE.with_suffix(".in"), CANAILLE, "--upgrade")
        _compile(uv, SANDBOX, SANDBOX.with_suffix(".txt"), "--constraints", LOCKED)
    return 0


def _compile(uv: Uv, source, target, *options) -> None:
    """Write the versions for every Python and system that we say we run on."""
    uv.run(
        *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--custom-compile-command", "make lock", "--output-file"),
        *(path.relative_to(ROOT) for path in (target, source)),
        *options,
        cwd=ROOT,
    )


if __name__ == "__main__":
    main(_main)
