"""Packages the addons the way OCA's are: ``pip install .`` gives
``odoo-addon-saber-plus-sva`` with all of them. What the glue needs is an extra."""

from pathlib import Path

from manifestoo_core.metadata import metadata_from_addon_dir
from setuptools import setup

ADDONS = ("saber_plus_sva", "contract_access", "contract_access_sms")
#: installed by Odoo beside the addons that they go with, and named after those
GLUE = {"queue_job": "saber_plus_sva_queue_job"}
#: the tests need the sandbox, and stay in the repository with it
LEFT_OUT = "tests"

metadata = {
    addon: metadata_from_addon_dir(
        Path(addon),
        # the manifest's version as it stands, so that no git history is needed
        options={"post_version_strategy_override": "none"},
    )
    for addon in (*ADDONS, *GLUE.values())
}
first = metadata[ADDONS[0]]
ours = tuple(data["Name"] for data in metadata.values())


def requirements(*addons):
    """What these addons need, but for each other."""
    return sorted(
        {
            requirement
            for addon in addons
            for requirement in metadata[addon].get_all("Requires-Dist")
            if not requirement.startswith(ours)
        }
    )


def files(addon):
    """The addon's packages, and the files beside its code."""
    package = f"odoo.addons.{addon}"
    paths = [
        path.relative_to(addon)
        for path in Path(addon).rglob("*")
        if path.is_file()
        and path.suffix != ".pyc"
        and path.relative_to(addon).parts[0] != LEFT_OUT
    ]
    folders = {path.parent for path in paths if path.name == "__init__.py"}
    names = [".".join((package, *folder.parts)) for folder in sorted(folders)]
    # the scripts of a migration are in no package
    data = [
        str(path)
        for path in paths
        if path.suffix != ".py" or path.parent not in folders
    ]
    return names, data


setup(
    name=first["Name"],
    version=first["Version"],
    description=first["Summary"],
    license=first["License"],
    python_requires=first["Requires-Python"],
    install_requires=requirements(*ADDONS),
    extras_require={name: requirements(addon) for name, addon in GLUE.items()},
    packages=[name for addon in metadata for name in files(addon)[0]],
    package_dir={f"odoo.addons.{addon}": addon for addon in metadata},
    package_data={f"odoo.addons.{addon}": files(addon)[1] for addon in metadata},
)
