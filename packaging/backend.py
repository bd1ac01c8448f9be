"""The build backend of pyproject.toml: maturin, and what the built program prints of itself into share/ of the wheel.

maturin takes a `regua.data` folder along if there is one, but only the finished program can fill it: so the wheel is made
twice, and the second time nothing is compiled. There is no source distribution: a checkout is the source.
"""

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import maturin
from maturin import (  # noqa: F401
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

DATA = Path("regua.data")


def build_wheel(folder, config_settings=None, metadata_directory=None):
    with tempfile.TemporaryDirectory() as scratch:
        bare = maturin.build_wheel(scratch, config_settings, metadata_directory)
        program = program_of(Path(scratch, bare))
        try:
            subprocess.run(["packaging/share", program, DATA / "data/share"], check=True)
            return maturin.build_wheel(folder, config_settings, metadata_directory)
        finally:
            shutil.rmtree(DATA, ignore_errors=True)


def program_of(wheel: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        inside = next(name for name in archive.namelist() if name.endswith(".data/scripts/regua"))
        program = Path(archive.extract(inside, wheel.parent))
    program.chmod(0o755)
    return program
