"""Packages the addon the way OCA's are: ``pip install .`` gives
``odoo-addon-saber-plus-sva``, with its requirements read from the manifest."""

from pathlib import Path

from manifestoo_core.metadata import metadata_from_addon_dir
from setuptools import setup

ADDON = "saber_plus_sva"
PACKAGE = f"odoo.addons.{ADDON}"
#: the tests need the sandbox, and stay in the repository with it
LEFT_OUT = "tests"

metadata = metadata_from_addon_dir(
    Path(ADDON),
    # the manifest's version as it stands, so that no git history is needed
    options={"post_version_strategy_override": "none"},
)
folders = sorted(
    path.parent.name
    for path in Path(ADDON).glob("*/__init__.py")
    if path.parent.name != LEFT_OUT
)
data = [
    str(path.relative_to(ADDON))
    for path in Path(ADDON).rglob("*")
    if path.is_file()
    and path.suffix not in (".py", ".pyc")
    and path.relative_to(ADDON).parts[0] != LEFT_OUT
]

setup(
    name=metadata["Name"],
    version=metadata["Version"],
    description=metadata["Summary"],
    license=metadata["License"],
    python_requires=metadata["Requires-Python"],
    install_requires=metadata.get_all("Requires-Dist"),
    packages=[PACKAGE, *(f"{PACKAGE}.{folder}" for folder in folders)],
    package_dir={PACKAGE: ADDON},
    package_data={PACKAGE: data},
)
