"""pyproject.toml, requirements.lock and environment.yml ask for the same; Colab's own packages stay as they are."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

# What conda-forge calls differently, or builds differently.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}

# Packages that come with Colab, but whose versions there the list does not hold.
IN_COLAB = {
    *("ipywidgets", "markupsafe", "pyyaml", "sqlalchemy", "tensorboard", "xarray"),
}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def lock(root):
    """Names and versions of the lock; a package may stand there once for each Python version."""
    text = (root / "requirements.lock").read_text()
    pins: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.M):
        pins.setdefault(canonicalize_name(name), set()).add(Version(version))
    return pins


@pytest.fixture(scope="module")
def colab(root):
    """Versions that Colab had installed in 2026-08, for the packages that this project could touch."""
    lines = (root / "tests" / "book" / "colab-2026-08.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pins.items()}


def requirements(project, *extras):
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return [Requirement(line) for line in lines]


def test_lock_satisfies_the_package_and_its_extras(project, lock):
    extras = ("tensorflow", "chapters", "privacy", "deployment", "jax", "cluster", "book", "test")
    for requirement in requirements(project, *extras):
        versions = lock[canonicalize_name(requirement.name)]
        assert all(version in requirement.specifier for version in versions), str(requirement)


def test_lock_has_hashes_and_no_address(root):
    text = (root / "requirements.lock").read_text()
    pins = re.findall(r"^[A-Za-z0-9._-]+==.*?(?=^[A-Za-z0-9._-]+==|\Z)", text, re.M | re.S)
    assert len(pins) > 100
    assert all("--hash=sha256:" in pin for pin in pins)
    assert not re.search(r"https?://|--index-url|--extra-index", text)


def test_installed_packages_are_those_of_the_lock(lock):
    for distribution in importlib.metadata.distributions():
        name = canonicalize_name(distribution.name)
        if name in lock:
            assert Version(distribution.version) in lock[name], name


def test_conda_environment_asks_for_the_same(project, root):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    lines = [line for line in environment["dependencies"] if isinstance(line, str)]
    lines += next(line["pip"] for line in environment["dependencies"] if isinstance(line, dict))
    conda = {}
    for requirement in (Requirement(line) for line in lines if not line.startswith(("python", "pip", "-e"))):
        conda[CONDA_NAMES.get(requirement.name, requirement.name)] = requirement.specifier
    extras = ("chapters", "privacy", "deployment", "jax", "book")
    expected = {requirement.name: requirement.specifier for requirement in requirements(project, *extras)}
    expected["tensorflow"] = Requirement(project["optional-dependencies"]["tensorflow"][0].split(";")[0]).specifier
    assert conda == expected
    assert project["requires-python"] == ">=3.11" and "python>=3.11,<3.14" in environment["dependencies"]


def test_installing_in_colab_replaces_nothing(project, colab):
    """Follow the requirements: what Colab has must satisfy them, what it lacks must ask only for what it has."""
    environment = {"python_version": "3.12", "python_full_version": "3.12.0", "sys_platform": "linux", "extra": ""}
    waiting, seen = requirements(project, "chapters"), set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        if name in colab:
            assert colab[name] in requirement.specifier, f"Colab's {name} {colab[name]} does not satisfy {requirement}"
        elif name not in seen:
            seen.add(name)
            needed = [] if name in IN_COLAB else importlib.metadata.requires(name) or []
            waiting += [Requirement(line) for line in needed]
    # TensorFlow is never pulled in, and what is added is small and known.
    added = {"biopython", "logomaker", "lifelines", "formulaic", "interface-meta", "autograd-gamma"}
    added |= {"edlib", "pyhmmer", "pyspoa", "rdkit"}
    assert seen - IN_COLAB == added | {"optuna", "alembic", "colorlog", "mako", "pysam", "rdata"}


def test_the_package_needs_no_tensorflow(project):
    assert not [requirement for requirement in requirements(project) if "tensorflow" in requirement.name]


def test_the_wheel_carries_registry_cards_and_samples(root, tmp_path):
    """An installed package, as in Colab, must find its data without the checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"genodl_utils/py.typed", "genodl_utils/data/registry.toml"} <= names
    for folder in ("cards", "samples"):
        files = [path for path in (root / "data" / folder).rglob("*") if path.is_file()]
        assert {f"genodl_utils/data/{folder}/{path.relative_to(root / 'data' / folder)}" for path in files} <= names
    script = "from genodl_utils import datasets; print(len(datasets.available()), datasets.__file__)"
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    n_sets, place = result.stdout.split()
    assert int(n_sets) > 50 and place.startswith(str(tmp_path / "site"))
