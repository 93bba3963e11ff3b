"""`python -m bench [--long] [NAME…]`: every measurement beside its goal; exit code 1 when a goal is missed.

A module of this package that has a function `measure()` is a measurement; with `LONG = True` it is left to the
campaign. `measure()` yields `Figure`s.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from types import ModuleType

import django

import bench
from bench.figures import Figure
from gtsite.launch import collect_static_files


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Print the figures beside their goals.")
    parser.add_argument("names", nargs="*", help="only these modules")
    parser.add_argument("--long", action="store_true", help="the measurements that take long, and no others")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gtsite.settings")
    django.setup()
    collect_static_files()
    missed = [
        figure for module in measurements(options.names, options.long) for figure in shown(module) if not figure.reached
    ]
    print(f"{len(missed)} missed." if missed else "All goals reached.")
    return 1 if missed else 0


def measurements(names: list[str], long: bool) -> list[ModuleType]:
    modules = [importlib.import_module(f"bench.{found.name}") for found in pkgutil.iter_modules(bench.__path__)
               if not found.name.startswith("_")]  # fmt: skip
    return [
        module
        for module in modules
        if hasattr(module, "measure")
        and (module.__name__.removeprefix("bench.") in names if names else getattr(module, "LONG", False) == long)
    ]


def shown(module: ModuleType) -> list[Figure]:
    print(f"\n{(module.__doc__ or module.__name__).splitlines()[0]}")
    figures = []
    for figure in module.measure():
        print(figure, flush=True)
        figures.append(figure)
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
